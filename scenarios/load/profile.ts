import type { Options } from 'k6/options';

declare const __ENV: Record<string, string | undefined>;

/** The application's address inside its environment. */
export const baseUrl: string = (__ENV.BASE_URL ?? 'http://localhost:3000').replace(/\/$/, '');

/** Steady, light traffic: enough to see that something became slow, not enough to hurt. `USERS` and `DURATION` change it. */
export function gentle(thresholds: NonNullable<Options['thresholds']> = {}): Options {
  return {
    scenarios: {
      browse: {
        executor: 'constant-vus',
        vus: Number(__ENV.USERS ?? '5'),
        duration: __ENV.DURATION ?? '20s',
        gracefulStop: '5s',
      },
    },
    thresholds: { http_req_failed: ['rate<0.01'], ...thresholds },
  };
}

/** An open model: so many requests per second whatever the answers do, so that a slow application cannot hide. */
export function steadyRate(perSecond: number, thresholds: NonNullable<Options['thresholds']> = {}): Options {
  return {
    scenarios: {
      steady: {
        executor: 'constant-arrival-rate',
        rate: Number(__ENV.RATE ?? String(perSecond)),
        timeUnit: '1s',
        duration: __ENV.DURATION ?? '20s',
        preAllocatedVUs: Math.max(2, Math.ceil(perSecond / 5)),
        maxVUs: Math.max(10, perSecond * 2),
      },
    },
    thresholds: { http_req_failed: ['rate<0.01'], dropped_iterations: ['count<10'], ...thresholds },
  };
}
