// Loaded before kinesis-mock, which has no option for it: listen on the loopback interface only.
const net = require("net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (args[0] !== null && typeof args[0] === "object" && "port" in args[0]) {
    args[0] = { ...args[0], host: "127.0.0.1" };
  } else if (typeof args[0] === "number") {
    args[1] === undefined || typeof args[1] === "function" ? args.splice(1, 0, "127.0.0.1") : (args[1] = "127.0.0.1");
  }
  return listen.apply(this, args);
};
