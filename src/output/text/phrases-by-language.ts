import type { Language, Phrases } from './phrases.js';
import { en } from './phrases-en.js';
import { zh } from './phrases-zh.js';

/** All languages. */
export const PHRASES: Readonly<Record<Language, Phrases>> = { en, zh };
