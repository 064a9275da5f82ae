/** text/event-stream in both directions, as far as this API uses it: an event's name and one line of JSON. */

export interface ServerEvent {
  readonly event: string;
  readonly body: unknown;
}

export function eventText(event: string, body: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(body)}\n\n`;
}

/** A comment: tells both ends that the other one is there. */
export const keepAliveText = ': alive\n\n';

/** The events of a response body; ends with it. Throws SyntaxError on a line that is not JSON. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function parseBlock(block: string): ServerEvent | undefined {
  let event = 'message';
  const parts: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('data:')) parts.push(line.slice(5).trimStart());
  }
  return parts.length === 0 ? undefined : { event, body: JSON.parse(parts.join('\n')) as unknown };
}
