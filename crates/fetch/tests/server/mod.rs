//! A small HTTP server on this machine that misbehaves as it is told.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a client asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) range: Option<u64>,
    pub(crate) if_range: Option<String>,
}

/// What the server answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// What `Content-Length` says; nothing: the length of the body.
    pub(crate) length: Option<usize>,
    /// Without it the end of the connection is the end of the body.
    pub(crate) without_length: bool,
    /// Bytes of the body after which the connection ends.
    pub(crate) cut: Option<usize>,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// All of a file.
    pub(crate) fn whole(body: &[u8]) -> Self {
        Self { status: 200, body: body.to_vec(), ..Self::default() }
    }

    /// A file as a proper server sends it: all, or the rest if that is asked for and the tag still fits.
    pub(crate) fn file(request: &Request, body: &[u8], tag: &str) -> Self {
        let fits = request.if_range.as_ref().is_none_or(|known| known == tag);
        let mut reply = match request.range {
            Some(from) if from as usize >= body.len() && fits => Self::status(416),
            Some(from) if fits => {
                let range = format!("Content-Range: bytes {from}-{}/{}", body.len() - 1, body.len());
                Self { status: 206, headers: vec![range], ..Self::whole(&body[from as usize..]) }
            }
            _ => Self::whole(body),
        };
        reply.headers.push(format!("ETag: {tag}"));
        reply
    }

    pub(crate) fn header(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    pub(crate) fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }
}

/// The server; it ends with the test.
pub(crate) struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `answer` gets each request and how many there were before it.
    pub(crate) fn new(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &log, &answer);
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    pub(crate) fn base(&self) -> &str {
        &self.address
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Request>>, answer: &impl Fn(&Request, usize) -> Reply) {
    let Some(request) = read(&stream) else { return };
    let before = {
        let mut log = log.lock().expect("not poisoned");
        log.push(request.clone());
        log.len() - 1
    };
    // The client may hang up at any time; that is what some of the tests are about.
    let _ = write(&stream, &answer(&request, before));
    let _ = stream.shutdown(Shutdown::Both);
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut request = Request { path: lines.next()?.split(' ').nth(1)?.trim_start_matches('/').into(), ..Request::default() };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "range" => request.range = value.strip_prefix("bytes=")?.trim_end_matches('-').parse().ok(),
            "if-range" => request.if_range = Some(value.into()),
            _ => {}
        }
    }
    Some(request)
}

fn write(mut stream: &TcpStream, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", reply.status);
    if !reply.without_length {
        head += &format!("Content-Length: {}\r\n", reply.length.unwrap_or(reply.body.len()));
    }
    reply.headers.iter().for_each(|header| head += &format!("{header}\r\n"));
    stream.write_all((head + "\r\n").as_bytes())?;
    stream.write_all(&reply.body[..reply.cut.unwrap_or(reply.body.len())])?;
    stream.flush()
}
