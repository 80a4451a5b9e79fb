export { encodeFrame } from './bytes.js';
export { crc32c, internetChecksum } from './checksum.js';
export * from './header.js';
export * from './icmp.js';
export * from './packet.js';
export * from './tcp.js';
