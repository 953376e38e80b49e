import type { Output } from "./output.ts";

/** Shows how far a job is. */
export interface Progress {
  update(done: number, total: number): void;
  /** Leaves the terminal as it was before. */
  stop(): void;
}

const QUIET_STEP_PERCENT = 10;

/** A bar on a terminal, a line every ten percent elsewhere. */
export async function createProgress(output: Output, title: string): Promise<Progress> {
  return output.isInteractive ? await createBar(title) : createLines(output, title);
}

async function createBar(title: string): Promise<Progress> {
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar({
    format: `${title} {bar} {percentage} % | {value}/{total} | {duration_formatted}, {eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: false,
    stopOnComplete: false,
    gracefulExit: false,
    stream: process.stderr,
  });
  let hasStarted = false;
  return {
    update: (done, total) => {
      if (!hasStarted) bar.start(total, 0);
      hasStarted = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

function createLines(output: Output, title: string): Progress {
  const startedAt = performance.now();
  let shown = 0;
  return {
    update: (done, total) => {
      const percent = Math.floor((done / total) * (100 / QUIET_STEP_PERCENT)) * QUIET_STEP_PERCENT;
      if (percent <= shown) return;
      shown = percent;
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      output.note(`${title}: ${percent} % (${done} of ${total}, ${seconds} s)`);
    },
    stop: () => undefined,
  };
}
