import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { SuiteFile } from './suite-files.ts';
import type { SuiteTask } from './suite-task.ts';

/** A suite's files and, last, its task: the pod takes the task's appearance for "everything is there". */
export async function packSuite(files: SuiteFile[], task: SuiteTask): Promise<Buffer> {
  const archive = pack();
  for (const file of files) archive.entry({ name: `in/${file.path}` }, file.content);
  archive.entry({ name: 'task.json' }, JSON.stringify(task));
  archive.finalize();
  return buffer(archive);
}
