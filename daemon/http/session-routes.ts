/** Sessions of browsers, over the routes. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Answers } from './api-service.ts';
import type { TcpParts } from './tcp-parts.ts';

type SessionRoute = 'loginCode' | 'openSession' | 'session' | 'closeSession';

/** `tcp` is undefined where HTTP over TCP is switched off. */
export function sessionRoutes(tcp: Pick<TcpParts, 'sessions' | 'admission'> | undefined): Pick<Answers, SessionRoute> {
  const parts = (): Pick<TcpParts, 'sessions' | 'admission'> => {
    if (tcp === undefined) throw new SupervmError('not-allowed', 'This daemon serves no browsers: HTTP is switched off.', 'Start it without --no-http.');
    return tcp;
  };
  return {
    loginCode: async ({ body }) => {
      const role = body?.role ?? 'admin';
      return { ...parts().sessions.makeCode(role), role };
    },
    openSession: async ({ body, caller, keepCookie }) => {
      const { sessions, admission } = parts();
      const opened = await sessions.open(body.code);
      if (opened === undefined) throw admission.refuse(caller.who);
      const { cookie, ...view } = opened;
      keepCookie(cookie);
      return view;
    },
    session: async ({ caller }) => {
      if (caller.role === undefined) throw new SupervmError('not-authenticated', 'Nobody is calling.');
      return { who: caller.who, role: caller.role };
    },
    closeSession: async ({ caller, keepCookie }) => {
      if (caller.session === undefined) return { closed: false };
      keepCookie('');
      return { closed: parts().sessions.close(caller.session) };
    },
  };
}
