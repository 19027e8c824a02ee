import { argv, env, exit } from 'node:process';
import { openDatabase } from './database.ts';
import { log } from './log.ts';
import { migrate } from './migrate.ts';
import { seed } from './seed.ts';
import { serve } from './serve.ts';
import { createApi } from './server.ts';

const [command = 'serve'] = argv.slice(2);
const database = openDatabase(env.DATABASE_URL);

switch (command) {
  case 'serve':
    await serve(createApi(database), Number(env.PORT ?? 8080));
    break;
  case 'migrate':
    await migrate(database);
    break;
  case 'seed':
    await seed(database);
    break;
  case 'prepare':
    await migrate(database);
    await seed(database);
    break;
  default:
    log('error', { message: `unknown command "${command}": serve, migrate, seed or prepare` });
    exit(2);
}
await database.end();
