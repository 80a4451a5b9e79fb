import type { IpsetDimension } from '../ipset/membership.js';
import type { Words } from './words.js';

/** IPSET_DIM_MAX */
const MAX_DIMENSIONS = 6;

/** Takes a word `src,dst,…`: at most six. */
export function readDimensions(words: Words): IpsetDimension[] {
  const word = words.next();
  const dimensions: IpsetDimension[] = [];
  for (const part of word.split(',')) {
    if (part === 'src' || part === 'dst') dimensions.push(part);
    else words.fail(`expected src or dst, or several with commas, found "${word}"`);
  }
  if (dimensions.length > MAX_DIMENSIONS) words.fail(`a set has at most ${MAX_DIMENSIONS} dimensions`);
  return dimensions;
}
