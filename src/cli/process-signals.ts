/** How a long-running command ends. */

/** Aborts at the first SIGINT or SIGTERM. A second one ends the process at once. */
export function endSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

/** Sockets and timers do not keep the process alive; this does, until it is released. */
export function keepAlive(): () => void {
  const channel = new MessageChannel();
  channel.port1.ref?.();
  channel.port1.onmessage = () => {};
  return () => channel.port1.close();
}
