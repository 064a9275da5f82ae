/** HTTP over TCP, put together from the settings. */
import { Admission, type AdmissionNeeds } from './admission.ts';
import { type HttpSettings, listenAddress } from './listen-address.ts';
import { type SessionNeeds, Sessions } from './sessions.ts';
import { TcpListener } from './tcp-listener.ts';
import { readTlsFiles } from './tls-files.ts';

export interface TcpParts {
  readonly listener: TcpListener;
  readonly sessions: Sessions;
  readonly admission: Admission;
  /** What callers below admin may read and write. */
  readonly folders: readonly string[];
}

/** Throws `bad-setting` for what must not be listened on, and for files that cannot be used. */
export function openTcp(settings: HttpSettings, needs: Omit<AdmissionNeeds, 'sessions'> & SessionNeeds): TcpParts {
  const listen = listenAddress(settings);
  const tls = listen.tls === undefined ? undefined : readTlsFiles(listen.tls);
  const sessions = new Sessions(needs);
  const admission = new Admission({ ...needs, sessions });
  return { listener: new TcpListener({ listen, tls }, { ...needs, admission }), sessions, admission, folders: settings.folders };
}
