//! A pooler between us and the server is found out, a plain server is not taken for one.

mod support;

use shakedown::place::{Place, Request};
use std::path::PathBuf;
use support::PrivateServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// What PgBouncer does in its session mode: one backend, lent to each client in turn.
struct Pooler {
    listener: TcpListener,
    socket: PathBuf,
}

impl Pooler {
    async fn serve(self) -> std::io::Result<()> {
        let (mut client, _) = self.listener.accept().await?;
        let mut server = UnixStream::connect(&self.socket).await?;
        server.write_all(&startup(&mut client).await?).await?;
        let greeting = until_ready(&mut server).await?;
        loop {
            client.write_all(&greeting).await?;
            lend(&mut client, &mut server).await?;
            client = self.listener.accept().await?.0;
            startup(&mut client).await?;
        }
    }
}

/// The first message of a client, which has no type.
async fn startup(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(length as usize, 0);
    client.read_exact(&mut message[4..]).await?;
    Ok(message)
}

/// All that the server says until it waits for a query.
async fn until_ready(server: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    let mut said = Vec::new();
    loop {
        let message = message(server.read_u8().await?, server).await?;
        said.extend(&message);
        if message[0] == b'Z' {
            return Ok(said);
        }
    }
}

async fn message(kind: u8, stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut message = vec![kind];
    message.extend(length.to_be_bytes());
    message.resize(1 + length as usize, 0);
    stream.read_exact(&mut message[5..]).await?;
    Ok(message)
}

/// Passes messages both ways until the client says good-bye, which the server is not told.
async fn lend(client: &mut TcpStream, server: &mut UnixStream) -> std::io::Result<()> {
    let mut answer = [0; 4096];
    loop {
        tokio::select! {
            kind = client.read_u8() => match kind {
                Ok(b'X') | Err(_) => return Ok(()),
                Ok(kind) => server.write_all(&message(kind, client).await?).await?,
            },
            length = server.read(&mut answer) => client.write_all(&answer[..length?]).await?,
        }
    }
}

#[tokio::test]
async fn a_pooler_is_refused_in_words() {
    let server = PrivateServer::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it has one").port();
    tokio::spawn(Pooler { listener, socket: server.directory().join(".s.PGSQL.5432") }.serve());
    let url = format!("postgres://postgres:sesame@127.0.0.1:{port}/postgres?sslmode=disable");
    let error = Place::open(&Request::Url(url), &[]).await.err().expect("it is refused").to_string();
    assert!(error.contains("is a connection pooler"), "{error}");
    assert!(!error.contains("sesame"), "{error}");
}

#[tokio::test]
async fn a_server_is_not_taken_for_a_pooler() {
    let server = PrivateServer::start().await;
    let pooled = shakedown::server::postgres::pooler::is_pooled(&server.address()).await.expect("it answers");
    assert!(!pooled);
}
