import { createConnection } from 'node:net';

/**
 * What `vtysh` does: commands by the socket of a daemon of FRR, one after the other, and what they print. Both sides end
 * with NUL, the daemon with three of them and a status (lib/vty.c vtysh_read(), vtysh_write()).
 */
export function vty(socket: string, commands: readonly string[], patienceMs = 5000): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    const fail = (why: string): void => {
      connection.destroy();
      reject(new Error(`${socket}: ${commands[answers.length]}: ${why}`));
    };
    const answers: string[] = [];
    const ask = (): void => {
      connection.write(`${commands[answers.length]}\0`);
    };
    let rest = Buffer.alloc(0);
    connection.setTimeout(patienceMs, () => fail('no answer'));
    connection.on('error', (error) => fail(error.message));
    connection.on('connect', ask);
    connection.on('close', () => fail('closed'));
    connection.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      const end = rest.indexOf('\0\0\0');
      if (end === -1 || rest.length < end + 4) return;
      const text = rest.subarray(0, end).toString();
      // CMD_SUCCESS and CMD_WARNING of lib/command.h; a configuration that is refused is CMD_WARNING_CONFIG_FAILED.
      if ((rest[end + 3] ?? 0) > 1) return fail(text.trim() || `status ${rest[end + 3]}`);
      rest = rest.subarray(end + 4);
      answers.push(text);
      if (answers.length < commands.length) return ask();
      connection.removeAllListeners('close').end();
      resolve(answers);
    });
  });
}
