import { accessInterface, OPERATION_EXPIRY_SECONDS } from "../../sdk/chain/access.ts";
import type { DecodedCall } from "../../sdk/chain/adminCall.ts";
import type { GuardedCall } from "../../sdk/chain/permission.ts";
import type { VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import type { CommandContext } from "../context.ts";
import { display } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import type { VaultConnection } from "../vault/connection.ts";
import { isConfirmed, send, simulate } from "../vault/send.ts";
import type { Account } from "../vault/signer.ts";
import type { Change } from "../vaultView/changes.ts";
import { displayDuration } from "../vaultView/units.ts";
import type { Forecast } from "./forecast.ts";
import type { AdminOptions } from "./options.ts";
import { describeSafeBatch, writeSafeBatch } from "./safeFile.ts";
import type { AdminStep } from "./step.ts";

/** One transaction that the user asked for, with what it is for. */
export interface Proposal {
  /** What the call does, decoded; undefined for a contract that is no part of the vault. */
  readonly decoded: DecodedCall | undefined;
  readonly call: GuardedCall;
  /** Undefined where the effect is not known. */
  readonly changes: readonly Change[] | undefined;
  readonly step:
    | AdminStep
    | { readonly kind: "execute" | "cancel"; readonly transaction: GuardedCall; readonly operationId: string };
  /** Only of what is scheduled. */
  readonly forecast?: Forecast;
}

/**
 * Shows a proposal and sends it where the user said so, or prints it for a multisig.
 *
 * Throws {@link UsageError} when it would be refused.
 */
export async function perform(
  connection: VaultConnection,
  settings: VaultSettings,
  account: Account,
  proposal: Proposal,
  options: AdminOptions,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const { step } = proposal;
  if (options.yes && (options.calldata || options.safeFile !== undefined)) {
    throw new UsageError("--calldata and --safe-file are for somebody else to send. Leave --yes out.");
  }
  const { target: to, data } = step.transaction;
  const call = { what: nameOf(proposal), to, data };
  await simulate(connection, account.address, call);
  const result = {
    sent: false,
    vault: settings.vault,
    account: account.address,
    step: step.kind,
    call: describeCall(proposal),
    changes: proposal.changes ?? null,
    ...(step.kind === "call" ? {} : { operation: describeSchedule(proposal) }),
    transaction: { to, value: "0", data },
  };
  if (!options.json) printProposal(context, settings, account, proposal);
  if (options.safeFile !== undefined) {
    const [name, description] = [`Hedgerow: ${describeCall(proposal)}`, `${step.kind} at vault ${settings.vault}`];
    const batch = describeSafeBatch(
      connection.chainId,
      account.address,
      name,
      description,
      [result.transaction],
      Date.now(),
    );
    writeSafeBatch(options.safeFile, batch);
    output.note(`wrote ${display(options.safeFile)} for Safe's transaction builder`);
  }
  if (options.calldata || options.safeFile !== undefined) {
    if (options.json) output.json(result);
    else
      output.pairs("Nothing was sent. To be sent by the account", [
        ["to", to],
        ["value", "0"],
        ["data", data],
      ]);
    return;
  }
  if (!isConfirmed(connection, options, result, context)) return;

  const receipt = await send(connection, account, call, context);
  if (step.kind !== "schedule") {
    if (options.json) output.json({ ...result, sent: true, hash: receipt.hash });
    else output.line(`\nDone: ${describeCall(proposal)}${step.kind === "cancel" ? " is cancelled" : ""}.`);
    return;
  }
  const scheduled = receipt.logs
    .filter((log) => log.address.toLowerCase() === settings.authority.toLowerCase())
    .map((log) => accessInterface.parseLog(log))
    .find((log) => log?.name === "OperationScheduled");
  const readyAt = Number(scheduled?.args.getValue("schedule") ?? step.readyAt);
  const operation = operationTimes(step.operationId, readyAt);
  if (options.json) output.json({ ...result, sent: true, hash: receipt.hash, operation });
  else {
    output.line(
      `\nScheduled. From ${operation.readyAt} to ${operation.expiresAt}: hedgerow admin execute --operation ${step.operationId}.`,
    );
  }
}

function nameOf({ step, decoded }: Proposal): string {
  const name = decoded?.name ?? "call";
  switch (step.kind) {
    case "call":
      return name;
    case "schedule":
      return `scheduling of ${name}`;
    case "execute":
      return `execution of ${name}`;
    case "cancel":
      return `cancellation of ${name}`;
  }
}

function describeCall({ decoded, call }: Proposal): string {
  return decoded === undefined ? `${call.data.slice(0, 10)}… of ${call.target}` : `${decoded.part}.${decoded.text}`;
}

function operationTimes(id: string, readyAt: number): { id: string; readyAt: string; expiresAt: string } {
  return { id, readyAt: formatTime(readyAt), expiresAt: formatTime(readyAt + OPERATION_EXPIRY_SECONDS) };
}

function describeSchedule({ step, forecast }: Proposal): object {
  switch (step.kind) {
    case "schedule":
      return {
        ...operationTimes(step.operationId, step.readyAt),
        delaySeconds: step.delaySeconds,
        forecast: forecast ?? { kind: "unknown" },
      };
    case "execute":
    case "cancel":
      return { id: step.operationId };
    case "call":
      return {};
  }
}

function printProposal(
  { output }: CommandContext,
  settings: VaultSettings,
  account: Account,
  proposal: Proposal,
): void {
  const { changes } = proposal;
  output.pairs(`${settings.name} ${settings.vault} on chain ${settings.chainId}`, [
    ["call", describeCall(proposal)],
    ["by", account.address],
    ["step", describeStep(proposal)],
  ]);
  if (changes === undefined) {
    output.line("\nWhat it changes is not known to this command: read the call above.");
    return;
  }
  output.table(
    proposal.step.kind === "cancel" ? "What will not change" : "Changes",
    [{ title: "what" }, { title: "before" }, { title: "after" }],
    changes.map(({ what, before, after }) => [what, before, after]),
  );
}

function describeStep({ step, forecast }: Proposal): string {
  switch (step.kind) {
    case "call":
      return "is made at once";
    case "schedule": {
      const { readyAt, expiresAt } = operationTimes(step.operationId, step.readyAt);
      const outlook =
        forecast?.kind === "refused"
          ? `; as things stand it would then be refused: ${forecast.reason}`
          : forecast?.kind === "works"
            ? ""
            : "; whether it will go through then could not be tried on this node";
      return `is scheduled: delay ${displayDuration(step.delaySeconds)}, executable from ${readyAt} to ${expiresAt}${outlook}`;
    }
    case "execute":
      return `executes operation ${step.operationId}`;
    case "cancel":
      return `cancels operation ${step.operationId}`;
  }
}
