import { SingleBar } from "cli-progress";

/** Shows how far the runs are, on standard error. */
export interface Progress {
  start(title: string, total: number): void;
  update(finished: number): void;
  stop(): void;
}

/** A bar on a terminal, a line a run elsewhere. */
export function createProgress(): Progress {
  if (!process.stderr.isTTY) {
    return {
      start: (title, total) => console.error(`${title}: ${total} paths`),
      update: () => undefined,
      stop: () => undefined,
    };
  }
  let bar: SingleBar | undefined;
  const stop = (): void => bar?.stop();
  return {
    start: (title, total) => {
      stop();
      bar = new SingleBar({
        format: `${title} {bar} {value}/{total} paths, {eta_formatted} left`,
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
        stream: process.stderr,
      });
      bar.start(total, 0);
    },
    update: (finished) => bar?.update(finished),
    stop,
  };
}
