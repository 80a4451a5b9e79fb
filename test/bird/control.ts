import { createConnection } from 'node:net';

/** What `birdc` does: a command by the control socket of a BIRD, and its answer without the reply codes. */
export function birdc(socket: string, command: string, patienceMs = 30_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    const fail = (why: unknown): void => {
      connection.destroy();
      reject(why instanceof Error ? why : new Error(`${socket}: ${command}: ${String(why)}`));
    };
    connection.setTimeout(patienceMs, () => fail('no answer'));
    connection.on('error', fail);
    connection.on('close', () => fail('closed'));
    const lines: string[] = [];
    let [rest, greeted] = ['', false];
    connection.setEncoding('utf8').on('data', (text: string) => {
      const parts = `${rest}${text}`.split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        // doc/reply_codes: `0001 BIRD 2.0.12 ready.`, then `1007-Table`, ` continued`, and at last `0000 `.
        const [, code, more, words] = /^(?:(\d{4})([- ]))?(.*)$/.exec(line) ?? [];
        if (!greeted) {
          greeted = true;
          connection.write(`${command}\n`);
          continue;
        }
        lines.push(code === undefined ? line.slice(1) : (words ?? ''));
        if (code === undefined || more === '-') continue;
        connection.removeAllListeners('close').end();
        if (code >= '8000') return fail(words ?? code);
        return resolve(lines.join('\n'));
      }
    });
  });
}
