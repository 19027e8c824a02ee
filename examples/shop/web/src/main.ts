import { env } from 'node:process';
import { createApiClient } from './api-client.ts';
import { serve } from './serve.ts';
import { createWeb } from './server.ts';

const { API_URL = 'http://localhost:8081', SESSION_SECRET = 'only-for-development', PORT = '8080' } = env;

await serve(createWeb({ api: createApiClient(API_URL), sessionSecret: SESSION_SECRET }), Number(PORT));
