// Holds whether the master can be reached and accepts the login.

/** `reachable` and `loggedIn`; dispatches "change" when `update({ … })` changes one. */
export const connection = Object.assign(new EventTarget(), { reachable: true, loggedIn: true, update });

function update(state) {
  if (Object.entries(state).every(([name, value]) => connection[name] === value)) return;
  Object.assign(connection, state);
  connection.dispatchEvent(new Event("change"));
}
