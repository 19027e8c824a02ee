import { readFile } from 'node:fs/promises';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { apiPort, type NodePlan } from '../node-plan.ts';
import { inside } from './prepare-namespace.ts';

export interface Answer {
  status: number;
  body: string;
}

export interface NodeClient {
  /** Waits at most 3 s; rejects when there is no answer. */
  request: (method: string, url: string, content?: { type: string; body: string }) => Promise<Answer>;
  /** Line by line until the answer ends; rejects when it breaks off, is silent for that long, or `onLine` throws. */
  follow: (url: string, onLine: (line: string) => void, silenceMs: number) => Promise<void>;
}

/** Speaks to the parts as the administrator. Lighter than a Kubernetes client: the supervisor lives as long as the cluster. */
export async function createNodeClient(): Promise<NodeClient> {
  const [ca, cert, key] = await Promise.all(
    ['ca.crt', 'admin.crt', 'admin.key'].map((file) => readFile(`${inside}/pki/${file}`)),
  );
  const secure = new HttpsAgent({ keepAlive: true, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  const plain = new HttpAgent({ keepAlive: true });

  function request(method: string, url: string, content?: { type: string; body: string }): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const isSecure = url.startsWith('https:');
      const headers = content ? { 'content-type': content.type } : {};
      const options = { method, headers, timeout: 3000 };
      const sent = isSecure
        ? httpsRequest(url, { ...options, agent: secure })
        : httpRequest(url, { ...options, agent: plain });
      sent.on('timeout', () => sent.destroy(new Error('no answer within 3 s')));
      sent.on('error', reject);
      sent.on('response', (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      });
      sent.end(content?.body);
    });
  }
  return {
    request,
    follow: (url, onLine, silenceMs) => followLines(httpsRequest(url, { agent: secure, timeout: silenceMs }), onLine),
  };
}

function followLines(sent: ClientRequest, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    sent.on('timeout', () => sent.destroy(new Error('no word for too long')));
    sent.on('error', reject);
    sent.on('response', (response) => {
      if (response.statusCode !== 200) sent.destroy(new Error(`answered ${response.statusCode}`));
      const lines = createInterface({ input: response });
      lines.on('line', (line) => {
        try {
          onLine(line);
        } catch (error) {
          sent.destroy(error instanceof Error ? error : new Error(String(error)));
          reject(error);
        }
      });
      // The lines pass on what breaks below them.
      lines.on('error', reject);
      response.on('error', reject);
      lines.on('close', resolve);
    });
    sent.end();
  });
}

const NodeObject = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string() })),
  }),
});

/** Ready by word of this start's kubelet: what an earlier one said stays in the database. */
export async function isNodeReady(plan: NodePlan, client: NodeClient, startedAt: Date): Promise<boolean> {
  const answer = await client.request('GET', `https://${plan.addresses.nodeAddress}:${apiPort}/api/v1/nodes/node`);
  if (answer.status !== 200) return false;
  const ready = NodeObject.parse(JSON.parse(answer.body)).status.conditions.find(
    (condition) => condition.type === 'Ready',
  );
  return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime) >= startedAt.getTime() - 1000;
}
