//! The program itself: its settings, its log, its end.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn program(values: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_files"));
    command.env_clear().envs(values.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A port that was free a moment ago.
fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

fn tell(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

/// Until the server waits for the body.
fn wanted(stream: &mut TcpStream) {
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
}

fn entry(line: &str) -> Value {
    let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert!(entry["time"].as_str().unwrap().ends_with('Z'), "{line}");
    entry
}

#[test]
fn wrong_settings_end_it_at_once_all_in_one_message() {
    let output = program(&[("FILES_PORT", "no"), ("FILES_LOAD_RATE", "-1"), ("FILES_COLOUR", "red")]).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("files cannot start, its settings are wrong:\n  - FILES_COLOUR is not"), "{message}");
    assert_eq!(message.lines().count(), 4, "{message}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = program(&[("FILES_ADDRESS", "127.0.0.1"), ("FILES_PORT", &port)]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let cause = entry(String::from_utf8(output.stdout).unwrap().trim())["cause"].to_string();
    assert!(cause.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{cause}");
}

#[test]
fn it_stops_when_told_after_what_is_under_way() {
    let port = free_port();
    let mut child =
        program(&[("FILES_ADDRESS", "127.0.0.1"), ("FILES_PORT", &port), ("FILES_LOAD_RATE", "20")]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(entry(&lines.next().unwrap().unwrap())["event"], "listening");

    // a request whose body is still to come
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let body = r#"{"name":"ada","password":"correct horse battery"}"#;
    let head = "POST /api/v1/accounts HTTP/1.1\r\nhost: files\r\ncontent-type: application/json\r\n";
    write!(stream, "{head}expect: 100-continue\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
    wanted(&mut stream);
    stream.write_all(&body.as_bytes()[..10]).unwrap();

    tell(&child, "-TERM");
    let stopping = entry(&lines.next().unwrap().unwrap());
    assert_eq!((&stopping["event"], &stopping["signal"]), (&"stopping".into(), &"SIGTERM".into()));
    let deadline = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
        assert!(Instant::now() < deadline, "accepts connections although it stops");
        std::thread::sleep(Duration::from_millis(20));
    }

    let told = Instant::now();
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert_eq!(entry(&lines.next().unwrap().unwrap())["event"], "stopped");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

#[test]
fn it_does_not_wait_for_ever() {
    let port = free_port();
    let settings = [("FILES_ADDRESS", "127.0.0.1"), ("FILES_PORT", &*port), ("FILES_STOP_SECONDS", "1")];
    let mut child = program(&settings).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let head = "POST /api/v1/accounts HTTP/1.1\r\nhost: files\r\nexpect: 100-continue\r\n";
    write!(stream, "{head}content-length: 100\r\n\r\n").unwrap();
    wanted(&mut stream);
    tell(&child, "-INT");
    let events: Vec<Value> = lines.map(|line| entry(&line.unwrap())["event"].clone()).collect();
    assert_eq!(events, ["stopping", "requests were cut off", "stopped"]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
