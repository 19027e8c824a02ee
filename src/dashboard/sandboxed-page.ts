import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { KeptArtifact } from '../store/artifact-store.ts';

/**
 * In a sandbox without an origin `localStorage` throws, and Playwright's report dies of that at its first line. Each page
 * gets one that lasts as long as the page.
 */
const storage = `<script>for(const name of['localStorage','sessionStorage']){const kept=new Map();Object.defineProperty(window,name,{configurable:true,value:{getItem:(key)=>kept.get(String(key))??null,setItem:(key,value)=>{kept.set(String(key),String(value))},removeItem:(key)=>{kept.delete(String(key))},clear:()=>kept.clear(),key:(index)=>[...kept.keys()][index]??null,get length(){return kept.size}}})}</script>`;

const longestStart = 1_024;

export interface SandboxedPage {
  bytes: number;
  body: ReadableStream;
}

/** A page with the storage put in behind its doctype, so that it stays in standards mode. */
export async function sandboxedPage({ bytes, read }: KeptArtifact): Promise<SandboxedPage> {
  const start = bytes === 0 ? Buffer.alloc(0) : await buffer(await read(0, Math.min(bytes, longestStart) - 1));
  const doctype = endOfDoctype(start.toString('latin1'));
  const added = Buffer.from(storage);
  const parts = async function* () {
    yield start.subarray(0, doctype);
    yield added;
    yield start.subarray(doctype);
    if (start.length < bytes) yield* await read(start.length, bytes - 1);
  };
  return { bytes: bytes + added.length, body: Readable.toWeb(Readable.from(parts())) as ReadableStream };
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
