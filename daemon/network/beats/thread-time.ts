/** The kernel's monotonic milliseconds, cut to 32 bits: the same in every thread, and standing still while the machine is suspended. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return (seconds * 1000 + Math.floor(nanoseconds / 1e6)) | 0;
}
