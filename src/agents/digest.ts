import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** SHA-256 of a text's UTF-8, in upper-case base32 without padding (FIPS 180-4, RFC 4648 §6): 52 characters. */
export function sha256Base32(text: string): string {
  let out = '';
  let bits = 0;
  let held = 0;
  for (const byte of sha256(new TextEncoder().encode(text))) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += BASE32[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? out : out + BASE32[(held << (5 - bits)) & 31];
}

/** SHA-256 of a text's UTF-8 as 64 lower-case hex digits. */
export function sha256Hex(text: string): string {
  return hex(sha256(new TextEncoder().encode(text)));
}

/** SHA-1 of a text's UTF-8 as 40 lower-case hex digits. */
export function sha1Hex(text: string): string {
  return hex(sha1(new TextEncoder().encode(text)));
}

/** SHA-512 of a text's UTF-8 as 128 lower-case hex digits. */
export function sha512Hex(text: string): string {
  return hex(sha512(new TextEncoder().encode(text)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
