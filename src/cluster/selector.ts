import type { Labels } from './objects.js';

/**
 * Whether an object's labels have every pair of `matchLabels`; an empty selector matches everything.
 *
 * That is a label selector's meaning. A Service without selector pairs selects nothing: its caller asks first
 * (k8s.io/apimachinery pkg/labels, labels.SelectorFromSet()).
 */
export function matchesLabels(matchLabels: Labels, labels: Labels): boolean {
  for (const [key, value] of Object.entries(matchLabels)) if (labels[key] !== value) return false;
  return true;
}
