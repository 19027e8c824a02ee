import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';

/**
 * In a sandbox without an origin `localStorage` throws, and Playwright's report dies of that at its first line. Each page
 * gets one that lasts as long as the page.
 */
const storage = `<script>for(const name of['localStorage','sessionStorage']){const kept=new Map();Object.defineProperty(window,name,{configurable:true,value:{getItem:(key)=>kept.get(String(key))??null,setItem:(key,value)=>{kept.set(String(key),String(value))},removeItem:(key)=>{kept.delete(String(key))},clear:()=>kept.clear(),key:(index)=>[...kept.keys()][index]??null,get length(){return kept.size}}})}</script>`;

export interface SandboxedPage {
  bytes: number;
  body: ReadableStream;
}

/** A file of HTML with the storage put in behind its doctype, so that it stays in standards mode. */
export async function sandboxedPage(file: string, size: number): Promise<SandboxedPage> {
  const handle = await open(file);
  const start = Buffer.alloc(Math.min(size, 1_024));
  await handle.read(start, 0, start.length, 0);
  const doctype = /^(?:\uFEFF|\s|<!--[\s\S]*?-->)*<!doctype[^>]*>/i.exec(start.toString('latin1'))?.[0].length ?? 0;
  const added = Buffer.from(storage);
  const parts = async function* () {
    try {
      yield start.subarray(0, doctype);
      yield added;
      if (doctype < size) yield* handle.createReadStream({ start: doctype, end: size - 1, autoClose: false });
    } finally {
      await handle.close();
    }
  };
  return { bytes: size + added.length, body: Readable.toWeb(Readable.from(parts())) as ReadableStream };
}
