/** Signals by their number in the CRI, which is not the kernel's: the place in this list. 0 leaves the choice to the image. */
const NAMED = (
  "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU " +
  "URG USR1 USR2 VTALRM WINCH XCPU XFSZ"
)
  .split(" ")
  .map((name) => `SIG${name}`);

const count = (length: number): number[] => Array.from({ length }, (_, index) => index);
const SIGNALS: readonly string[] = [
  "",
  ...NAMED,
  "SIGRTMIN",
  ...count(15).map((index) => `SIGRTMIN+${index + 1}`),
  ...count(14).map((index) => `SIGRTMAX-${14 - index}`),
  "SIGRTMAX",
];

/** 0 for a name that is not known. */
export const signalNumber = (name: string): number => Math.max(0, SIGNALS.indexOf(name));
