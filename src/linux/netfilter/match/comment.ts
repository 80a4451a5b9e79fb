import type { MatchExtension } from '../extension.js';
import { VALUE } from '../option.js';
import { quoteWord } from '../spelling.js';

/** `-m comment` */
export interface CommentMatch {
  readonly match: 'comment';
  readonly comment: string;
}

const OPTIONS = { '--comment': VALUE } as const;
/** XT_MAX_COMMENT_LEN, with its final 0 byte. */
const MAX_LENGTH = 256;

/** Words for people; every packet matches (comment_mt(), linux net/netfilter/xt_comment.c). */
export const comment: MatchExtension<CommentMatch> = {
  name: 'comment',
  options: OPTIONS,
  parse(words) {
    let text: string | undefined;
    for (const _ of words.options(OPTIONS)) text = words.next();
    if (text === undefined) words.fail('-m comment needs --comment', 'missing');
    else if (new TextEncoder().encode(text).length >= MAX_LENGTH)
      words.fail(`a comment has at most ${MAX_LENGTH - 1} bytes`);
    return { match: 'comment', comment: text ?? '' };
  },
  print: (m) => `-m comment --comment ${quoteWord(m.comment)}`,
  test: () => true,
  have: () => 'any packet',
};
