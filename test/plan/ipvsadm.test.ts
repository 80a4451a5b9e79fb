import { expect, test } from 'vitest';
import { formatIpvs, Runtime } from '../../src/linux/index.js';
import { Applier, formatCommand, type Install, parseCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { readable } from '../recordings/load.js';

const ORIGIN = { by: 'kube-proxy', object: 'service default/web' };

function applier(): Applier {
  const made = new Applier(Network.of([]), new Runtime());
  for (const line of [
    'ip netns add n',
    'ip -n n link add kube-ipvs0 type dummy',
    'ip -n n addr add 10.96.0.1/32 dev kube-ipvs0',
  ])
    for (const install of readable(parseCommand(line, { netns: undefined, file: 'test' })))
      expect(made.apply(install)).toBeUndefined();
  return made;
}

function restore(...lines: readonly string[]): Install {
  return { netns: 'n', origin: ORIGIN, call: { call: 'ipvsadm restore', chunks: [{ origin: ORIGIN, lines }] } };
}

const SERVICE = '-A -t 10.96.0.1:80 -s rr';
const SERVER = '-a -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 1';

// What ipvsadm 1.31 said on Linux 6.1, and the errno that ipvs_strerror() (libipvs.c) makes those words of.
test.each([
  ['-A -t 10.96.0.1:80 -s rr', 'EEXIST', 'Service already exists'],
  ['-A -t 10.96.0.2:80 -s nosuch', 'ENOENT', 'Scheduler or persistence engine not found'],
  ['-D -t 10.96.0.3:80', 'ESRCH', 'No such service'],
  ['-E -t 10.96.0.3:80 -s rr', 'ESRCH', 'No such service'],
  ['-E -t 10.96.0.1:80 -s nosuch', 'ENOENT', 'Scheduler or persistence engine not found'],
  ['-a -t 10.96.0.3:80 -r 1.1.1.1:80 -m', 'ESRCH', 'Service not defined'],
  ['-a -t 10.96.0.1:80 -r 10.244.1.2:8080 -m', 'EEXIST', 'Destination already exists'],
  ['-e -t 10.96.0.1:80 -r 1.1.1.2:80 -m', 'ENOENT', 'No such destination'],
  ['-d -t 10.96.0.1:80 -r 1.1.1.2:80', 'ENOENT', 'No such destination'],
  ['-d -t 10.96.0.9:80 -r 1.1.1.2:80', 'ESRCH', 'Service not defined'],
  ['-A -t 10.96.0.8:0 -s rr', 'EINVAL', 'Zero port specified for non-persistent service'],
  ['-a -t 10.96.0.1:80 -r 1.1.1.7:80 -m -x 3 -y 5', 'ERANGE', 'Numerical result out of range'],
  ['-a -t 10.96.0.1:80 -r 255.255.255.255:80 -m', 'EINVAL', 'address not unicast'],
  ['-a -t 10.96.0.1:80 -r 224.0.0.1:80 -m', 'EINVAL', 'address not unicast'],
])('%s: %s', (line, errno, message) => {
  const made = applier();
  expect(made.apply(restore(SERVICE, SERVER))).toBeUndefined();
  const before = formatIpvs(made.netns('n')?.ipvs ?? []);
  expect(made.apply(restore(line))).toMatchObject({ errno, message: `line 1: ${message}` });
  expect(formatIpvs(made.netns('n')?.ipvs ?? [])).toBe(before);
});

// As ipvsadm 1.31 -R left it on Linux 6.1.
test('a refused line does not stop the others, a value that is none does', () => {
  const made = applier();
  const refusal = made.apply(
    restore(SERVICE, SERVICE, SERVER, '', '-d -t 10.96.0.1:80 -r 3.3.3.9:80', '-a -t 10.96.0.1:80 -r 3.3.3.4 -m'),
  );
  expect(refusal?.message).toBe('line 2: Service already exists');
  made.apply(restore('-a -t 10.96.0.1:80 -r 3.3.3.5:80 -q', '-a -t 10.96.0.1:80 -r 3.3.3.6:81 -g'));
  made.apply(restore('-a -t 10.96.0.1:80 -r 3.3.3.7:80 -w -1', '-a -t 10.96.0.1:80 -r 3.3.3.8:80 -m'));
  expect(formatIpvs(made.netns('n')?.ipvs ?? [])).toBe(`${SERVICE}
${SERVER}
-a -t 10.96.0.1:80 -r 3.3.3.4:80 -m -w 1
-a -t 10.96.0.1:80 -r 3.3.3.6:80 -g -w 1
`);
});

test('services and servers know whose they are; what is edited keeps its servers', () => {
  const made = applier();
  const other = { by: 'command', object: 'ipvsadm -E' };
  made.apply(restore(SERVICE, SERVER));
  made.apply({
    ...restore(),
    call: { call: 'ipvsadm restore', chunks: [{ origin: other, lines: ['-E -t 10.96.0.1:80 -s wrr -p 9'] }] },
  });
  const [service] = made.netns('n')?.ipvs ?? [];
  expect(service).toMatchObject({ scheduler: 'wrr', persistent: 9, origin: other });
  expect(service?.servers.map(({ origin }) => origin)).toEqual([ORIGIN]);
  made.apply(restore('-e -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 0'));
  expect(made.netns('n')?.ipvs[0]?.servers.map(({ weight }) => weight)).toEqual([0]);
  made.apply(restore('-C'));
  expect(made.netns('n')?.ipvs).toEqual([]);
});

test('command lines are read, and printed back', () => {
  const line = 'ip netns exec n ipvsadm -A -t 10.96.0.1:80 -s rr';
  const [install] = readable(parseCommand(line, { netns: undefined, file: 'test' }));
  if (install === undefined) throw new Error('nothing was read');
  expect(install.call).toMatchObject({ call: 'ipvsadm restore', chunks: [{ lines: [SERVICE] }] });
  const printed = formatCommand(install);
  expect(printed).toBe(`ip netns exec n ipvsadm -R <<'EOF'\n${SERVICE}\nEOF`);
  const [again] = readable(parseCommand(printed, { netns: undefined, file: 'test' }));
  expect(again).toMatchObject({ netns: 'n', call: { call: 'ipvsadm restore', chunks: [{ lines: [SERVICE] }] } });
  expect(parseCommand('ipvsadm -A -t 10.96.0.1:http -s rr', { netns: 'n', file: 'test' })).toHaveProperty('problems');
});
