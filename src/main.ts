import { exit } from 'node:process';
import { runCli } from './cli/cli.ts';
import { realHost } from './host.ts';

exit(await runCli(realHost()));
