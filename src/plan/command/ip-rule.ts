import { type RuleWords, readRuleWords, ruleOf } from '../../linux/index.js';
import type { RuleSelector } from '../install.js';
import { call, type Scene } from './scene.js';

/** `ip rule add | del`. */
export function ipRule(scene: Scene): void {
  const { words } = scene;
  const command = words.keyword(['add', 'delete'], 'ip rule command', new Map([['del', 'delete']] as const));
  if (command === undefined) return;
  const spoken = readRuleWords(words);
  if (command === 'add') call(scene, { call: 'rule add', rule: ruleOf(spoken) });
  else call(scene, { call: 'rule del', rule: selectorOf(spoken) });
}

function selectorOf(spoken: RuleWords): RuleSelector {
  const { priority, from, to, iif, oif, tos, suppressPrefixLength, action } = spoken;
  const { fwmark } = ruleOf(spoken);
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    ...(tos === undefined ? {} : { tos }),
    ...(fwmark === undefined ? {} : { fwmark }),
    ...(suppressPrefixLength === undefined ? {} : { suppressPrefixLength }),
    ...(action === undefined ? {} : { action }),
  };
}
