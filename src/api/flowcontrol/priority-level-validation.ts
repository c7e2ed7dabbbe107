/**
 * Field errors of a PriorityLevelConfiguration.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as flowcontrol from "../generated/flowcontrol-v1.ts";
import { oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const MAX_QUEUES = 10_000_000;
/** Shuffle sharding draws its hand from 60 bits. */
const ENTROPY_BITS = 60;
const EXEMPT = "exempt";

function validateShares(
  { nominalConcurrencyShares, lendablePercent }: DeepReadonly<flowcontrol.ExemptPriorityLevelConfiguration>,
  report: Report,
): void {
  if (nominalConcurrencyShares !== undefined && nominalConcurrencyShares < 0)
    report.at("nominalConcurrencyShares").invalid(nominalConcurrencyShares, "must be a non-negative integer");
  if (lendablePercent !== undefined && (lendablePercent < 0 || lendablePercent > 100))
    report.at("lendablePercent").invalid(lendablePercent, "must be between 0 and 100, inclusive");
}

function validateQueuing(
  { queues, handSize, queueLengthLimit }: DeepReadonly<flowcontrol.QueuingConfiguration>,
  report: Report,
): void {
  if (queueLengthLimit <= 0) report.at("queueLengthLimit").invalid(queueLengthLimit, "must be positive");
  if (queues <= 0) report.at("queues").invalid(queues, "must be positive");
  else if (queues > MAX_QUEUES) report.at("queues").invalid(queues, `must not be greater than ${MAX_QUEUES}`);
  const here = report.at("handSize");
  if (handSize <= 0) here.invalid(handSize, "must be positive");
  else if (handSize > queues) here.invalid(handSize, `should not be greater than queues (${queues})`);
  else {
    const bits = Array.from({ length: handSize }, (_, index) => Math.log2(queues - index)).reduce((a, b) => a + b, 0);
    if (bits > ENTROPY_BITS)
      here.invalid(
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${ENTROPY_BITS}`,
      );
  }
}

function validateResponse({ type, queuing }: DeepReadonly<flowcontrol.LimitResponse>, report: Report): void {
  oneOf(type, ["Queue", "Reject"], report.at("type"));
  const here = report.at("queuing");
  if (type === "Reject" && queuing) here.forbidden("must be nil if limited.limitResponse.type is not Limited");
  if (type !== "Queue") return;
  if (queuing) validateQueuing(queuing, here);
  else here.required("must not be empty if limited.limitResponse.type is Limited");
}

function validateLimited(limited: DeepReadonly<flowcontrol.LimitedPriorityLevelConfiguration>, report: Report): void {
  const { nominalConcurrencyShares, lendablePercent, borrowingLimitPercent, limitResponse } = limited;
  validateShares({ nominalConcurrencyShares: nominalConcurrencyShares ?? 0, lendablePercent: lendablePercent ?? 0 }, report);
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0)
    report.at("borrowingLimitPercent").invalid(borrowingLimitPercent, "if specified, must be greater than or equal to 0");
  validateResponse(limitResponse, report.at("limitResponse"));
}

export function validatePriorityLevel(
  { metadata, spec }: DeepReadonly<flowcontrol.PriorityLevelConfiguration>,
  report: Report,
): void {
  const { type, limited, exempt } = spec;
  oneOf(type, ["Exempt", "Limited"], report.at("type"));
  if ((metadata.name === EXEMPT) !== (type === "Exempt") && (type === "Exempt" || type === "Limited"))
    report
      .at("type")
      .invalid(
        type,
        `type must be '${metadata.name === EXEMPT ? "Exempt" : "Limited"}' if and only if \`name\` is ${metadata.name === EXEMPT ? "" : "not "}'exempt'`,
      );
  if (type === "Exempt") {
    if (limited) report.at("limited").forbidden("must be nil if the type is Exempt");
    if (exempt) validateShares(exempt, report.at("exempt"));
  }
  if (type !== "Limited") return;
  if (exempt) report.at("exempt").forbidden("must be nil if the type is Limited");
  if (limited) validateLimited(limited, report.at("limited"));
  else report.at("limited").required("must not be empty when type is Limited");
}
