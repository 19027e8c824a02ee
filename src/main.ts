import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { exit } from 'node:process';
import { runCli } from './cli/cli.ts';
import { realHost } from './host.ts';
import { defaultCacheDir } from './toolchain/ensure-tools.ts';

const host = realHost();
// What a command loads comes compiled from its second start on: sooner there, and some 20 MB smaller.
enableCompileCache(join(defaultCacheDir(host.env), 'compiled'));
exit(await runCli(host));
