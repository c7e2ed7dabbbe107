/**
 * Brings the ruleset table into the kernel: differences, gathered for a moment, one transaction at a time.
 *
 * Each transaction is applied whole or not at all. Where the kernel refuses one (somebody else flushed the ruleset), the whole table
 * is sent anew in one transaction; where that fails too, again and again with a growing delay. The first is always whole: what an
 * earlier agent left behind serves until then.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { type BaseRulesetOptions, baseRuleset, DELETE_TABLE } from "../node/base-ruleset.ts";
import type { RunCommand } from "../node/commands.ts";
import type { RulesetTable, Transaction } from "./table.ts";

/** How long changes are gathered: a rollout changes a Service many times in a moment. */
const GATHER_MS = 10;
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

export interface Applier {
  /** Something in the table changed. */
  changed(): void;
  /** Resolves when the kernel has everything that was in the table by now. */
  applied(): Promise<void>;
  /** Resolves when nothing is under way. */
  stop(): Promise<void>;
}

export interface ApplierOptions {
  table: RulesetTable;
  base: BaseRulesetOptions;
  run: RunCommand;
  clock: Clock;
  logger: Logger;
  /** Before the differences are computed: brings the table up to date. */
  prepare?: () => void;
  /** After each transaction: what goes with the rules. */
  onApplied?: () => Promise<void>;
}

/** Differences as long as kernel and table are in step, the whole table otherwise. */
function createSender({ table, base, run, logger }: Pick<ApplierOptions, "table" | "base" | "run" | "logger">) {
  let inStep = false;

  const send = async ({ script, applied }: Transaction, before = ""): Promise<void> => {
    if (before + script !== "") await run("nft", ["-f", "-"], before + script);
    applied();
  };

  return {
    isInStep: () => inStep,
    async send(): Promise<void> {
      if (inStep) {
        try {
          await send(table.changes());
          return;
        } catch (error) {
          inStep = false;
          logger.warn("the kernel refused a change of the Service rules: they are sent whole", { error: String(error) });
        }
      }
      await send(table.whole(), DELETE_TABLE + baseRuleset(base));
      inStep = true;
    },
  };
}

export function createApplier(options: ApplierOptions): Applier {
  const { clock, logger, prepare, onApplied } = options;
  const sender = createSender(options);
  let retryMs = MIN_RETRY_MS;
  let timer: Timer | undefined;
  let underWay: Promise<void> | undefined;
  let pending = false;
  let stopped = false;
  let waiters: (() => void)[] = [];

  /** Answers when the next one may begin. */
  async function round(): Promise<number> {
    pending = false;
    const served = waiters;
    waiters = [];
    try {
      prepare?.();
      await sender.send();
      retryMs = MIN_RETRY_MS;
      await onApplied?.();
      for (const resolve of served) resolve();
      return GATHER_MS;
    } catch (error) {
      waiters.unshift(...served);
      logger.error("the Service rules could not be applied", { error: String(error), retryMs });
      pending = true;
      const delayMs = retryMs;
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      return delayMs;
    }
  }

  function start(delayMs: number): void {
    pending = true;
    if (stopped || timer !== undefined || underWay !== undefined) return;
    timer = clock.after(delayMs, () => {
      timer = undefined;
      underWay = round().then((delayMs) => {
        underWay = undefined;
        if (pending) start(delayMs);
      });
    });
  }

  return {
    changed: () => start(GATHER_MS),
    applied() {
      if (stopped || (!pending && underWay === undefined && sender.isInStep())) return Promise.resolve();
      return new Promise((resolve) => {
        waiters.push(resolve);
        start(GATHER_MS);
      });
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await underWay;
      for (const resolve of waiters) resolve();
    },
  };
}
