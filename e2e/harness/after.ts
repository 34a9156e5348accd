/** Has something undone when the test is over, the last first: for tests that run at the same time. */
export type After = (undo: () => void | Promise<void>) => void;
