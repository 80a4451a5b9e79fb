import { CALICO_SECTIONS } from '../cluster/index.js';
import { checkEvents, checkEventsApart, type Lab, type ObjectCommand } from '../lab/index.js';
import { nearest, type Problem } from '../problem/index.js';
import { soundPart } from './sound-part.js';
import { valueAt } from './value-at.js';

/** Entries on which no session of BIRD and no object of Calico depends. */
const ASIDE = new Set(['pods', 'services', 'hosts']);

/**
 * What is wrong with the control commands of a lab in which there are other problems: as far as they do not depend on
 * what is wrong there. `document` is the file, undefined where objects stand elsewhere too.
 */
export function eventProblems(lab: Lab, problems: readonly Problem[], document: unknown): readonly Problem[] {
  if (problems.length === 0) return checkEvents(lab);
  if (problems.every(({ path: [list, key] }) => key !== undefined && ASIDE.has(String(list)))) {
    const sound = soundPart(lab, problems);
    if (sound !== undefined) return checkEvents({ ...sound, events: lab.events, faults: lab.faults });
  }
  const cni = valueAt(document, ['cni']);
  const name = typeof cni === 'string' ? cni : valueAt(cni, ['name']);
  const isCalico = typeof name === 'string' && name.startsWith('calico/');
  return checkEventsApart(lab, (command) => isCalico && isKnown(command, lab, problems, document));
}

/** Whether an object is among the lab's if it is written at all, and is whole then. */
function isKnown({ kind, name }: ObjectCommand, lab: Lab, problems: readonly Problem[], document: unknown): boolean {
  // The one that calico/node makes is not in the lab yet.
  if (kind === 'IPPool' && lab.calico.ipPools.length === 0) return false;
  const section = CALICO_SECTIONS[kind];
  const sections: readonly string[] = Object.values(CALICO_SECTIONS);
  return !problems.some(({ code, path: [root = '', key, entry] }) => {
    if (root !== 'calico')
      // What stands below a misspelt key may be these objects.
      return code === 'unknown-key' && key === undefined && typeof valueAt(document, [root]) === 'object';
    if (key === undefined) return true;
    if (sections.includes(String(key))) return key === section && (entry === undefined || String(entry) === name.text);
    return code === 'unknown-key' && (nearest(String(key), sections) ?? section) === section;
  });
}
