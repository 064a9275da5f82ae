/** Lifecycle: `start` resolves when ready to serve; `stop` resolves when nothing is left running; both may be called once. */
export interface Startable {
  start(): Promise<void>;
  stop(): Promise<void>;
}
