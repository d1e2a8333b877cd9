// Loaded before anything else (NODE_OPTIONS=--import=…): the wall clock of this process is off by $CLOCK_OFF_MS.
const offMs = Number(process.env.CLOCK_OFF_MS);
const RealDate = Date;
const now = () => RealDate.now() + offMs;

globalThis.Date = new Proxy(RealDate, {
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  apply: () => new RealDate(now()).toString(),
  construct: (target, args, made) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, made === globalThis.Date ? target : made),
});
