import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy {
  port: number;
  /** `host:port` of every CONNECT, and the address of every other request. */
  asked: string[];
  stop: () => void;
}

/** An HTTP proxy on this machine: tunnels by CONNECT, and passes on requests for absolute addresses. @param refusal answers every CONNECT so */
export async function startConnectProxy(refusal?: number): Promise<ConnectProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((incoming, answer) => {
    const { url = '', method, headers } = incoming;
    asked.push(url);
    const outgoing = request(url, { method, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    outgoing.on('error', () => answer.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  server.on('connect', ({ url = '' }, client: Socket, head: Buffer) => {
    asked.push(url);
    if (refusal !== undefined) return client.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 0\r\n\r\n`);
    const { hostname, port } = new URL(`http://${url}`);
    let isOpen = false;
    const upstream = connect(Number(port || 80), hostname, () => {
      isOpen = true;
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => (isOpen ? client.destroy() : client.end('HTTP/1.1 502 No\r\n\r\n')));
  });
  server.on('connection', (socket) => open.add(socket.once('close', () => open.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, asked, stop };
}
