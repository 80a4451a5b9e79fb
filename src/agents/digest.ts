import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** SHA-256 of a text's UTF-8, in upper-case base32 without padding (FIPS 180-4, RFC 4648 §6): 52 characters. */
export function sha256Base32(text: string): string {
  return toText(sha256(new TextEncoder().encode(text)), BASE32, 5);
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

/** Bytes in the base64 of URLs, without padding (RFC 4648 §5). */
export function base64Url(bytes: Uint8Array): string {
  return toText(bytes, BASE64URL, 6);
}

/** Groups of bits as digits, the last one filled up with zeros. */
function toText(bytes: Uint8Array, digits: string, width: number): string {
  let out = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= width; bits -= width) out += digits[(held >> (bits - width)) & (2 ** width - 1)];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? out : out + digits[(held << (width - bits)) & (2 ** width - 1)];
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
