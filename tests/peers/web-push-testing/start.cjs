// Our own start of npm's web-push-testing: on loopback only and on any free port, which its command does not offer.
const Server = require('web-push-testing/src/server.js');
const { PushApiModel } = require('web-push-testing/src/PushApiModel.js');

const model = new PushApiModel();
const server = new Server(model, 0);
server.setRequestHandlers();
const listener = server._app.listen(0, '127.0.0.1', () => {
    const { port } = listener.address();
    model.notifyUrl = `http://localhost:${port}/notify/`;
    console.log(`listening on 127.0.0.1:${port}`);
});
