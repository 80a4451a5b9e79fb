import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const AS_ROOT: readonly string[] = process.getuid?.() === 0 ? [] : ['-r'];
/** No network namespace has a name yet, and none that gets one here is to be seen elsewhere. */
const NETNS_NAMES = 'mount --make-rprivate / && mount -t tmpfs t /run && mkdir /run/netns || exit 1\n';
const DONE = '-- podpath: done:';

/**
 * A shell in mount, network and process namespaces of its own, which takes scripts for as long as it is open. It is the
 * first process there: all that it has started, and the namespaces, go with it, and it goes with this process.
 */
export class Machine {
  /** A folder that both sides see. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'podpath-bird-'));
  readonly #shell: ChildProcessWithoutNullStreams;
  #output = '';
  #waiting: { readonly resolve: (output: string) => void; readonly reject: (error: Error) => void } | undefined;
  #closed: Promise<void>;

  constructor() {
    this.#shell = spawn('unshare', [...AS_ROOT, '-m', '-n', '-p', '-f', '--kill-child', '--mount-proc', 'bash']);
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#shell.stdin.on('error', () => undefined);
    this.#shell.stdin.write(NETNS_NAMES);
    this.#closed = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#waiting?.reject(new Error(`the machine is gone: ${why}\n${this.#output}`));
        resolve();
      };
      this.#shell.on('error', (error) => end(error.message));
      this.#shell.on('close', (code, signal) => end(`${code ?? signal}`));
    });
  }

  /** What a script prints; throws when its last command fails. One at a time. */
  run(script: string): Promise<string> {
    if (this.#waiting !== undefined) throw new Error('the shell is busy');
    return new Promise((resolve, reject) => {
      if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return reject(new Error('it is closed'));
      this.#waiting = { resolve, reject };
      this.#output = '';
      // What it starts must not read the scripts that follow.
      this.#shell.stdin.write(`{\n${script}\n} </dev/null 2>&1; echo "${DONE} $?"\n`);
    });
  }

  /** Kills all that runs there, and removes the folder. */
  async close(): Promise<void> {
    this.#shell.kill('SIGKILL');
    await this.#closed;
    rmSync(this.folder, { recursive: true, force: true });
  }

  #read(text: string): void {
    this.#output += text;
    const at = this.#output.lastIndexOf(DONE);
    if (at === -1 || !this.#output.endsWith('\n') || this.#waiting === undefined) return;
    const { resolve, reject } = this.#waiting;
    this.#waiting = undefined;
    const [output, status] = [this.#output.slice(0, at), this.#output.slice(at + DONE.length).trim()];
    if (status === '0') resolve(output);
    else reject(new Error(`the script ended with ${status}:\n${output}`));
  }
}
