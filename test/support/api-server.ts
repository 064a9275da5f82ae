/** A real HTTP server on a unix socket in a home folder of its own, over whatever service a test brings. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiService } from '../../daemon/http/api-service.ts';
import { HttpServer } from '../../daemon/http/server.ts';
import type { TcpListener } from '../../daemon/http/tcp-listener.ts';
import { systemClock } from '../../daemon/system-clock.ts';
import { type Client, createClient } from '../../src/api/client.ts';
import type { AuditLine } from '../../src/model/cluster-facts.ts';
import { makePrivateFolder } from '../../src/settings/private-folder.ts';

export interface ApiServer extends AsyncDisposable {
  /** For SUPERVM_HOME. */
  readonly home: string;
  readonly socketPath: string;
  readonly client: Client;
  /** What the server called a defect. */
  readonly defects: unknown[];
  /** What the server itself wrote down. */
  readonly audited: AuditLine[];
  stop(): Promise<void>;
}

export async function startApiServer(api: ApiService, tcp?: TcpListener): Promise<ApiServer> {
  const home = mkdtempSync(join(tmpdir(), 'svm-api-'));
  const socketPath = join(home, 'run', 'supervm.sock');
  makePrivateFolder(join(home, 'run'));
  const defects: unknown[] = [];
  const audited: AuditLine[] = [];
  const server = new HttpServer(
    { socketPath, addressFile: join(home, 'run', 'http.address') },
    { api, clock: systemClock(), tcp, audit: (line) => audited.push(line), logDefect: (error) => defects.push(error) },
  );
  await server.start();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= server.stop();
    return stopped;
  };
  return {
    home,
    socketPath,
    client: createClient({ socketPath }),
    defects,
    audited,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
