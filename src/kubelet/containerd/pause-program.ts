/**
 * The program that holds a Pod's namespaces: a static executable of a few dozen instructions, written out here because nothing can be
 * assumed about compilers or registries on the machine. docs/decisions/pause.md says why.
 *
 * As the first process of a Pod's PID namespace (shareProcessNamespace) it must not leave zombies and must end on SIGTERM:
 *
 *     sigaction(SIGCHLD, SIG_IGN)               the kernel reaps every child, orphans included
 *     sigprocmask(SIG_BLOCK, {SIGINT, SIGTERM}) blocked signals wait, even for PID 1, where they would be dropped
 *     sigtimedwait({SIGINT, SIGTERM}), again where it is interrupted
 *     exit_group(0)
 */
import { concatBytes } from "../../base/bytes.ts";

export type Architecture = "x64" | "arm64";

/** The addresses of its data, which follow the code. */
interface Data {
  readonly signals: number;
  readonly ignore: number;
}

const BASE = 0x400000;
const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const CODE = BASE + ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;

const SIGINT = 2;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIG_BLOCK = 0;
const SIG_IGN = 1;
const SIGNAL_SET_BYTES = 8;

const MACHINE: Readonly<Record<Architecture, number>> = { x64: 62, arm64: 183 };

/** The executable's bytes. */
export function pauseProgram(architecture: Architecture): Uint8Array {
  const assemble = architecture === "x64" ? x64 : arm64;
  const codeBytes = assemble({ signals: 0, ignore: 0 }).length;
  const data = CODE + codeBytes;
  const code = assemble({ signals: data, ignore: data + SIGNAL_SET_BYTES });
  return concatBytes([headers(architecture, code.length + dataBytes.length), code, dataBytes]);
}

/** The set {SIGINT, SIGTERM}, and a struct sigaction (handler, flags, restorer, mask) that ignores. */
const dataBytes = new Uint8Array(SIGNAL_SET_BYTES + 32);
new DataView(dataBytes.buffer).setUint32(0, 2 ** (SIGINT - 1) + 2 ** (SIGTERM - 1), true);
new DataView(dataBytes.buffer).setUint32(SIGNAL_SET_BYTES, SIG_IGN, true);

function headers(architecture: Architecture, contentBytes: number): Uint8Array {
  const bytes = new Uint8Array(ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const fileBytes = bytes.length + contentBytes;
  // 64 bits, little endian, version 1.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // executable
  view.setUint16(18, MACHINE[architecture], true);
  view.setUint32(20, 1, true);
  view.setUint32(24, CODE, true); // entry
  view.setUint32(32, ELF_HEADER_BYTES, true); // program headers
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 1, true);
  // One segment, loaded, to read and execute: the whole file.
  view.setUint32(ELF_HEADER_BYTES, 1, true);
  view.setUint32(ELF_HEADER_BYTES + 4, 5, true);
  view.setUint32(ELF_HEADER_BYTES + 16, BASE, true);
  view.setUint32(ELF_HEADER_BYTES + 24, BASE, true);
  view.setUint32(ELF_HEADER_BYTES + 32, fileBytes, true);
  view.setUint32(ELF_HEADER_BYTES + 40, fileBytes, true);
  view.setUint32(ELF_HEADER_BYTES + 48, 0x10000, true);
  return bytes;
}

const littleEndian = (value: number): number[] => [
  value & 0xff,
  (value >>> 8) & 0xff,
  (value >>> 16) & 0xff,
  (value >>> 24) & 0xff,
];

/** System calls take their number in eax, arguments in rdi, rsi, rdx, r10. */
function x64({ signals, ignore }: Data): Uint8Array {
  const eax = (value: number): number[] => [0xb8, ...littleEndian(value)];
  const edi = (value: number): number[] => [0xbf, ...littleEndian(value)];
  const esi = (value: number): number[] => [0xbe, ...littleEndian(value)];
  const noEdx = [0x31, 0xd2];
  const r10 = (value: number): number[] => [0x41, 0xba, ...littleEndian(value)];
  const syscall = [0x0f, 0x05];
  const before = [
    ...[...eax(13), ...edi(SIGCHLD), ...esi(ignore), ...noEdx, ...r10(SIGNAL_SET_BYTES), ...syscall],
    ...[...eax(14), ...edi(SIG_BLOCK), ...esi(signals), ...noEdx, ...r10(SIGNAL_SET_BYTES), ...syscall],
  ];
  const wait = [...eax(128), ...edi(signals), 0x31, 0xf6, ...noEdx, ...r10(SIGNAL_SET_BYTES), ...syscall];
  // test eax, eax; js back to `wait`: a negative answer is an error, of which only an interruption can happen.
  const again = [0x85, 0xc0, 0x78, 256 - (wait.length + 4)];
  const exit = [...eax(231), 0x31, 0xff, ...syscall];
  return Uint8Array.from([...before, ...wait, ...again, ...exit]);
}

/** System calls take their number in x8, arguments in x0 to x3. */
function arm64({ signals, ignore }: Data): Uint8Array {
  const words: number[] = [];
  const set = (register: number, value: number): void => {
    words.push(0xd2800000 + (value & 0xffff) * 32 + register);
    // A move of the upper half, where there is one: addresses only.
    words.push(0xf2a00000 + (value >>> 16) * 32 + register);
  };
  const call = (number: number, args: readonly number[]): void => {
    for (const [register, value] of args.entries()) set(register, value);
    set(8, number);
    words.push(0xd4000001);
  };
  call(134, [SIGCHLD, ignore, 0, SIGNAL_SET_BYTES]);
  call(135, [SIG_BLOCK, signals, 0, SIGNAL_SET_BYTES]);
  const wait = words.length;
  call(137, [signals, 0, 0, SIGNAL_SET_BYTES]);
  // tbnz x0, #63, wait
  words.push((0xb7f80000 + ((wait - words.length) & 0x3fff) * 32) >>> 0);
  call(94, [0]);
  return Uint8Array.from(words.flatMap(littleEndian));
}
