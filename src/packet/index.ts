export * from './header.js';
export * from './icmp.js';
export * from './packet.js';
export * from './tcp.js';
