import type { LineWords, Origin } from '../../linux/index.js';
import type { Call, Install } from '../install.js';

/** Where a command is read: what it is for, and where its calls go. */
export interface Scene {
  /** The namespace that it is run in; undefined outside of all. */
  readonly netns: string | undefined;
  readonly origin: Origin;
  readonly words: LineWords;
  /** What is given to it to read. */
  readonly stdin: string | undefined;
  /** What a `>` behind it names. */
  readonly redirect: string | undefined;
  readonly installs: Install[];
}

/** Adds a call in the namespace of the command; a problem when it is run outside of all. */
export function call(scene: Scene, made: Call, netns: string | undefined = scene.netns): void {
  if (netns === undefined) {
    scene.words.fail('needs a namespace: `ip -n NS …` or `ip netns exec NS …`', 'missing');
    return;
  }
  scene.installs.push({ netns, origin: scene.origin, call: made });
}
