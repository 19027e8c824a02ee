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
  const doctype = endOfDoctype(start.toString('latin1'));
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

/**
 * Where a page's doctype ends, or 0 without one: behind a byte order mark, blanks and comments. Step by step, for one
 * pattern with all of it takes longer than anybody waits on a page that is made for it.
 */
function endOfDoctype(text: string): number {
  const before = /[\u00EF\u00BB\u00BF\s]+|<!--[\s\S]*?-->/y;
  let at = 0;
  while (before.test(text)) at = before.lastIndex;
  const doctype = /<!doctype[^>]*>/iy;
  doctype.lastIndex = at;
  return doctype.test(text) ? doctype.lastIndex : 0;
}
