//! Downloads from a server on this machine, good and bad. Nothing here needs a network.

mod server;

use bonas_core::{Interrupt, Progress, Silent};
use bonas_fetch::{FetchError, FetchOptions, Fetched, Mirror, Origin, RemoteFile, Sleep, Verification, fetch};
use server::{Reply, Request, Server};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const NAME: &str = "table.bin";
const TAG: &str = "\"first\"";

/// Bytes without a pattern that a mistake of a few positions could hide in.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file with all that a manifest can say, but the MD5.
fn described(content: &[u8], urls: &[String]) -> RemoteFile {
    let (bytes, sha256) = (Some(content.len() as u64), Some(sha256(content)));
    RemoteFile { bytes, sha256, ..unknown(urls) }
}

/// A file of which only the address is known.
fn unknown(urls: &[String]) -> RemoteFile {
    RemoteFile { path: NAME.into(), urls: urls.to_vec(), page: None, bytes: None, sha256: None, md5: None, unpack: None }
}

fn options() -> FetchOptions {
    FetchOptions { sleep: Sleep::by(|_| ()), environment_proxies: false, ..FetchOptions::default() }
}

fn bring(file: &RemoteFile, folder: &TempDir, options: &FetchOptions) -> Result<Fetched, FetchError> {
    fetch(file, folder.path(), options, &Silent, &Interrupt::default())
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Names of all that lies in a folder.
fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("readable");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join(NAME)
}

fn transferred(fetched: &Fetched) -> u64 {
    match &fetched.origin {
        Origin::Downloaded { transferred, .. } => *transferred,
        other => panic!("not downloaded: {other:?}"),
    }
}

/// Asks to stop once some bytes have come.
struct StopAfter<'a>(Mutex<u64>, &'a Interrupt);

impl Progress for StopAfter<'_> {
    fn begin(&self, _phase: &str, _steps: u64) {}
    fn advance(&self, steps: u64, _message: &str) {
        let mut left = self.0.lock().expect("not poisoned");
        *left = left.saturating_sub(steps);
        if *left == 0 {
            self.1.request();
        }
    }
}

/// Leaves a part of the first `bytes` bytes, as an interrupted download does.
fn interrupted(file: &RemoteFile, folder: &TempDir, bytes: u64) -> FetchError {
    let interrupt = Interrupt::default();
    let progress = StopAfter(Mutex::new(bytes), &interrupt);
    fetch(file, folder.path(), &options(), &progress, &interrupt).expect_err("stopped")
}

#[test]
fn a_file_is_downloaded_and_verified_in_a_new_folder() {
    let (content, folder) = (content(300_000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    let mut file = described(&content, &[server.url("a")]);
    file.path = "sub/folder/table.bin".into();
    let fetched = bring(&file, &folder, &options()).expect("downloaded");
    assert_eq!(fs::read(&fetched.path).expect("there"), content);
    assert_eq!((fetched.bytes, fetched.verification), (300_000, Verification::Sha256));
    assert_eq!(transferred(&fetched), 300_000);
    assert!(fetched.to_string().ends_with("verified (SHA-256)"), "{fetched}");
    assert_eq!(fs::read_dir(folder.path().join("sub/folder")).expect("there").count(), 1, "no part and no memo stay");
}

#[test]
fn a_cut_download_goes_on_where_it_was_cut() {
    let (content, folder) = (content(300_000), folder());
    let served = content.clone();
    let server = Server::new(move |request, before| {
        let reply = Reply::file(request, &served, TAG);
        if before == 0 { reply.cut(100_000) } else { reply }
    });
    let fetched = bring(&described(&content, &[server.url("a")]), &folder, &options()).expect("completed");
    assert_eq!(fs::read(file_in(&folder)).expect("there"), content);
    assert_eq!(transferred(&fetched), 300_000, "no byte came twice");
    let second = &server.requests()[1];
    assert_eq!((second.range, second.if_range.as_deref()), (Some(100_000), Some(TAG)));
}

#[test]
fn pauses_double_and_end_with_the_retries() {
    let pauses = Arc::new(Mutex::new(Duration::ZERO));
    let slept = Arc::clone(&pauses);
    let sleep = Sleep::by(move |pause| *slept.lock().expect("not poisoned") += pause);
    let server = Server::new(|_, _| Reply::status(503));
    let options = FetchOptions { retries: 3, first_pause: Duration::from_millis(250), sleep, ..options() };
    let error = bring(&unknown(&[server.url("a")]), &folder(), &options).expect_err("refused").to_string();
    assert!(error.contains("it answered 503") && error.contains("(4 times in a row)"), "{error}");
    assert_eq!(server.requests().len(), 4);
    assert_eq!(*pauses.lock().expect("not poisoned"), Duration::from_millis(250 + 500 + 1000));
}

#[test]
fn a_download_that_gets_further_each_time_is_not_given_up() {
    let (content, folder) = (content(300_000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| {
        let reply = Reply::file(request, &served, TAG);
        let bytes = reply.body.len().min(30_000);
        reply.cut(bytes)
    });
    let options = FetchOptions { retries: 1, ..options() };
    let fetched = bring(&described(&content, &[server.url("a")]), &folder, &options).expect("completed");
    assert_eq!((transferred(&fetched), server.requests().len()), (300_000, 10));
}

#[test]
fn a_server_that_knows_no_ranges_starts_again() {
    let (content, folder) = (content(200_000), folder());
    let served = content.clone();
    let server = Server::new(move |_, before| {
        let reply = Reply::whole(&served).header(format!("ETag: {TAG}"));
        if before == 0 { reply.cut(150_000) } else { reply }
    });
    let fetched = bring(&described(&content, &[server.url("a")]), &folder, &options()).expect("completed");
    assert_eq!(fs::read(file_in(&folder)).expect("there"), content);
    assert_eq!(transferred(&fetched), 350_000);
}

#[test]
fn a_file_that_changed_between_its_parts_starts_again() {
    let (old, new, folder) = (content(200_000), content(200_001)[1..].to_vec(), folder());
    let served = new.clone();
    let server = Server::new(move |request, before| match before {
        0 => Reply::file(request, &old, TAG).cut(150_000),
        _ => Reply::file(request, &served, "\"second\""),
    });
    // Nothing is known of the file: only the tag keeps the two apart.
    let fetched = bring(&unknown(&[server.url("a")]), &folder, &options()).expect("completed");
    assert_eq!(fs::read(file_in(&folder)).expect("there"), new);
    assert_eq!(fetched.verification, Verification::Unverified);
    assert_eq!(server.requests()[1].if_range.as_deref(), Some(TAG));
}

#[test]
fn without_a_tag_and_without_a_digest_nothing_is_pieced_together() {
    let (content, folder) = (content(200_000), folder());
    let served = content.clone();
    let server = Server::new(move |request, before| match before {
        0 => Reply::whole(&served).cut(150_000),
        _ => Reply::file(request, &served, "W/\"weak\""),
    });
    let fetched = bring(&unknown(&[server.url("a")]), &folder, &options()).expect("completed");
    assert_eq!((server.requests()[1].range, transferred(&fetched)), (None, 350_000));
}

#[test]
fn the_date_stands_in_for_a_weak_tag() {
    let (content, folder, date) = (content(200_000), folder(), "Tue, 01 Jan 2019 00:00:00 GMT");
    let served = content.clone();
    let server = Server::new(move |request, before| {
        let unconditional = Request { if_range: None, ..request.clone() };
        let reply = Reply::file(&unconditional, &served, "W/\"weak\"").header(format!("Last-Modified: {date}"));
        if before == 0 { reply.cut(150_000) } else { reply }
    });
    let fetched = bring(&unknown(&[server.url("a")]), &folder, &options()).expect("completed");
    assert_eq!((server.requests()[1].if_range.as_deref(), transferred(&fetched)), (Some(date), 200_000));
}

#[test]
fn wrong_bytes_are_told_and_nothing_of_them_stays() {
    let (content, folder) = (content(1000), folder());
    let mut wrong = content.clone();
    wrong[500] ^= 1;
    let expected = (sha256(&content), sha256(&wrong));
    let server = Server::new(move |request, _| Reply::file(request, &wrong, TAG));
    let error = bring(&described(&content, &[server.url("a")]), &folder, &options()).expect_err("wrong").to_string();
    for part in [expected.0.as_str(), &expected.1, &server.url("a"), NAME, "SHA-256", "--mirror", "removed"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
    assert!(names(&folder).is_empty(), "{:?}", names(&folder));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_md5_is_compared_too() {
    let (content, folder) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    let mut file = unknown(&[server.url("a")]);
    file.md5 = Some("0".repeat(32));
    let found = match bring(&file, &folder, &options()).expect_err("wrong") {
        FetchError::Differs { what: "its MD5", found, .. } => found,
        other => panic!("{other}"),
    };
    file.md5 = Some(found.to_uppercase());
    assert_eq!(bring(&file, &folder, &options()).expect("right").verification, Verification::Md5);
}

#[test]
fn a_body_shorter_than_announced_is_a_cut() {
    let (content, folder) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |_, _| Reply { length: Some(2000), ..Reply::whole(&served) });
    let options = FetchOptions { retries: 1, ..options() };
    let error = bring(&unknown(&[server.url("a")]), &folder, &options).expect_err("cut").to_string();
    assert!(error.contains("broke after 1000 of 2000 bytes"), "{error}");
    assert_eq!(names(&folder), ["table.bin.part", "table.bin.part.toml"]);
}

#[test]
fn a_body_without_length_is_compared_with_the_manifest() {
    let (content, folder) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |_, _| Reply { without_length: true, ..Reply::whole(&served) });
    let options = FetchOptions { retries: 0, ..options() };
    let bytes = |bytes| RemoteFile { bytes: Some(bytes), ..unknown(&[server.url("a")]) };
    let error = bring(&bytes(1500), &folder, &options).expect_err("too short").to_string();
    assert!(error.contains("broke after 1000 of 1500 bytes"), "{error}");
    let error = bring(&bytes(999), &folder, &options).expect_err("too long").to_string();
    assert!(error.contains("more than the 999 bytes"), "{error}");
    assert!(names(&folder).is_empty());
    assert_eq!(bring(&bytes(1000), &folder, &options).expect("right").bytes, 1000);
}

#[test]
fn another_length_than_the_manifest_says_is_not_even_begun() {
    let (content, folder) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |_, _| Reply::whole(&served));
    let file = RemoteFile { bytes: Some(999), ..unknown(&[server.url("a")]) };
    let error = bring(&file, &folder, &options()).expect_err("another").to_string();
    assert!(error.contains("its file has 1000 bytes, the manifest says 999"), "{error}");
    assert_eq!((names(&folder).len(), server.requests().len()), (0, 1));
}

#[test]
fn missing_files_name_all_addresses_and_the_mirror() {
    let server = Server::new(|_, _| Reply::status(404));
    let (folder, urls) = (folder(), [server.url("a"), server.url("b")]);
    let error = bring(&unknown(&urls), &folder, &options()).expect_err("missing").to_string();
    for part in [urls[0].as_str(), &urls[1], "it answered 404", "--mirror", NAME] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
    assert_eq!(server.requests().len(), 2, "asking again would not help");
    assert!(names(&folder).is_empty());
}

#[test]
fn the_next_address_goes_on_with_what_the_first_gave() {
    let (content, folder) = (content(200_000), folder());
    let served = content.clone();
    let server = Server::new(move |request, before| match before {
        0 => Reply::file(request, &served, TAG).cut(120_000),
        _ if request.path == "a" => Reply::status(404),
        _ => Reply::file(request, &served, "\"elsewhere\""),
    });
    let file = described(&content, &[server.url("a"), server.url("b")]);
    let fetched = bring(&file, &folder, &options()).expect("completed");
    let last = server.requests().pop().expect("asked");
    assert_eq!((last.path.as_str(), last.range, last.if_range), ("b", Some(120_000), None));
    assert_eq!(transferred(&fetched), 200_000);
}

#[test]
fn redirections_are_followed_with_their_range() {
    let (content, folder) = (content(200_000), folder());
    let served = content.clone();
    let server = Server::new(move |request, before| match request.path.as_str() {
        "a" => Reply::status(302).header("Location: /b"),
        _ if before == 1 => Reply::file(request, &served, TAG).cut(120_000),
        _ => Reply::file(request, &served, TAG),
    });
    let fetched = bring(&described(&content, &[server.url("a")]), &folder, &options()).expect("completed");
    let last = server.requests().pop().expect("asked");
    assert_eq!((last.path.as_str(), last.range, last.if_range.as_deref()), ("b", Some(120_000), Some(TAG)));
    assert_eq!(transferred(&fetched), 200_000);
}

#[test]
fn servers_that_are_not_there_are_named() {
    let folder = folder();
    // Port 1 of this machine: nobody listens.
    let error = bring(&unknown(&["http://127.0.0.1:1/a".into()]), &folder, &options()).expect_err("nobody").to_string();
    assert!(error.contains("http://127.0.0.1:1/a") && error.contains("(5 times in a row)"), "{error}");
    assert!(names(&folder).is_empty());
}

#[test]
fn a_silent_server_is_left_after_the_timeout() {
    let server = Server::new(|_, _| {
        std::thread::sleep(Duration::from_millis(600));
        Reply::status(200)
    });
    let options = FetchOptions { retries: 0, read_timeout: Duration::from_millis(100), ..options() };
    let error = bring(&unknown(&[server.url("a")]), &folder(), &options).expect_err("silent").to_string();
    assert!(error.contains("timeout"), "{error}");
}

#[test]
fn a_mirror_folder_is_copied_from() {
    let (content, folder, mirror) = (content(100_000), folder(), folder());
    fs::write(file_in(&mirror), &content).expect("writable");
    let server = Server::new(|_, _| Reply::status(404));
    let options = FetchOptions { mirror: Some(Mirror::Folder(mirror.path().into())), ..options() };
    let fetched = bring(&described(&content, &[server.url("a")]), &folder, &options).expect("copied");
    assert_eq!(fetched.origin, Origin::Copied(file_in(&mirror)));
    assert_eq!(fs::read(file_in(&folder)).expect("there"), content);
    assert_eq!((server.requests().len(), names(&folder).len()), (0, 1));
}

#[test]
fn a_mirror_without_the_file_or_with_a_wrong_one_is_passed_over() {
    let (content, mirror) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    let options = FetchOptions { mirror: Some(Mirror::Folder(mirror.path().into())), ..options() };
    let file = described(&content, &[server.url("a")]);
    assert_eq!(transferred(&bring(&file, &folder(), &options).expect("downloaded")), 1000);
    fs::write(file_in(&mirror), vec![0; 1000]).expect("writable");
    assert_eq!(transferred(&bring(&file, &folder(), &options).expect("downloaded")), 1000);
    let nowhere = described(&content, &["http://127.0.0.1:1/a".into()]);
    let error = bring(&nowhere, &folder(), &options).expect_err("wrong").to_string();
    assert!(error.contains(&file_in(&mirror).display().to_string()) && error.contains("SHA-256"), "{error}");
}

#[test]
fn a_mirror_address_is_asked_first_under_the_name_of_the_file() {
    let (content, folder) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    let mirror = format!("{}/mirror/", server.base()).parse().expect("an address");
    let options = FetchOptions { mirror: Some(mirror), ..options() };
    let mut file = described(&content, &[server.url("a")]);
    file.path = "sub/table.bin".into();
    bring(&file, &folder, &options).expect("downloaded");
    let paths: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["mirror/sub/table.bin"]);
}

#[test]
fn names_with_blanks_and_signs_are_found_at_mirrors_of_both_kinds() {
    let (content, name) = (content(1000), "my tables/50% of #1? é&+.bin");
    let mut file = described(&content, &["http://127.0.0.1:1/a".into()]);
    file.path = name.into();
    let served = content.clone();
    let encoded = "my%20mirror/my%20tables/50%25%20of%20%231%3F%20%C3%A9%26%2B.bin";
    let server = Server::new(move |request, _| match request.path == encoded {
        true => Reply::file(request, &served, TAG),
        false => Reply::status(404),
    });
    let here = folder();
    fs::create_dir_all(here.path().join("#1? é/my tables")).expect("made");
    fs::write(here.path().join("#1? é").join(name), &content).expect("writable");
    for mirror in [format!("{}/my mirror/", server.base()), here.path().join("#1? é").display().to_string()] {
        let options = FetchOptions { mirror: Some(mirror.parse().expect("a mirror")), retries: 0, ..options() };
        let folder = folder();
        bring(&file, &folder, &options).expect("there");
        assert_eq!(fs::read(folder.path().join(name)).expect("there"), content);
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_file_for_people_only_is_taken_from_where_they_put_it() {
    let (content, folder, mirror) = (content(1000), folder(), folder());
    let page = Some("https://example.org/by-hand".to_string());
    let file = RemoteFile { page, ..described(&content, &[]) };
    let error = bring(&file, &folder, &options()).expect_err("nowhere").to_string();
    assert!(error.contains("https://example.org/by-hand") && error.contains("--mirror"), "{error}");
    let options = FetchOptions { mirror: Some(Mirror::Folder(mirror.path().into())), ..options() };
    let error = bring(&file, &folder, &options).expect_err("nowhere").to_string();
    assert!(error.contains(&file_in(&mirror).display().to_string()), "{error}");
    fs::write(file_in(&mirror), &content).expect("writable");
    assert!(bring(&file, &folder, &options).expect("there").is_verified());
}

#[test]
fn a_file_that_is_there_and_right_is_kept_without_a_request() {
    let (content, folder) = (content(1000), folder());
    fs::write(file_in(&folder), &content).expect("writable");
    let server = Server::new(|_, _| Reply::status(404));
    let file = described(&content, &[server.url("a")]);
    for force in [false, true] {
        let fetched = bring(&file, &folder, &FetchOptions { force, ..options() }).expect("there");
        assert_eq!((fetched.origin, fetched.verification), (Origin::Kept, Verification::Sha256));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_file_that_is_there_and_wrong_is_replaced_only_by_force() {
    let (content, folder) = (content(1000), folder());
    fs::write(file_in(&folder), b"something of mine").expect("writable");
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    let file = described(&content, &[server.url("a")]);
    let error = bring(&file, &folder, &options()).expect_err("another").to_string();
    for part in [file_in(&folder).display().to_string().as_str(), "17 bytes", "1000 bytes", "--force"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
    assert_eq!(fs::read(file_in(&folder)).expect("there"), b"something of mine");
    bring(&file, &folder, &FetchOptions { force: true, ..options() }).expect("replaced");
    assert_eq!(fs::read(file_in(&folder)).expect("there"), content);
}

#[test]
fn a_file_of_which_nothing_is_known_is_kept_and_its_digest_told() {
    let (content, folder) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    let file = unknown(&[server.url("a")]);
    let first = bring(&file, &folder, &options()).expect("downloaded");
    assert!(!first.is_verified());
    assert!(first.to_string().contains(&format!("unverified: its SHA-256 is {}", sha256(&content))), "{first}");
    assert_eq!(bring(&file, &folder, &options()).expect("there").origin, Origin::Kept);
    assert_eq!(transferred(&bring(&file, &folder, &FetchOptions { force: true, ..options() }).expect("again")), 1000);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (folder, server) = (folder(), Server::new(|_, _| Reply::status(404)));
    let blocked = folder.path().join("a file");
    fs::write(&blocked, "").expect("writable");
    let below = blocked.join("below");
    let file = unknown(&[server.url("a")]);
    let error = fetch(&file, &below, &options(), &Silent, &Interrupt::default()).expect_err("blocked").to_string();
    assert!(error.contains(&below.display().to_string()) && error.contains("permissions"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn an_interrupt_keeps_the_part_and_the_next_call_goes_on() {
    let (content, folder) = (content(2_000_000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    for file in [described(&content, &[server.url("a")]), unknown(&[server.url("a")])] {
        let error = interrupted(&file, &folder, 700_000).to_string();
        assert!(error.contains("table.bin.part") && !file_in(&folder).exists(), "{error}");
        let kept = fs::metadata(folder.path().join("table.bin.part")).expect("kept").len();
        assert!((700_000..2_000_000).contains(&kept) && error.contains(&kept.to_string()), "{kept}: {error}");
        let fetched = bring(&file, &folder, &options()).expect("completed");
        assert_eq!((transferred(&fetched), fs::read(file_in(&folder)).expect("there") == content), (2_000_000 - kept, true));
        fs::remove_file(file_in(&folder)).expect("removable");
    }
}

#[test]
fn a_whole_part_needs_no_request_and_a_wrong_one_is_downloaded_again() {
    let (content, folder) = (content(1000), folder());
    let served = content.clone();
    let server = Server::new(move |request, _| Reply::file(request, &served, TAG));
    let (file, part) = (described(&content, &[server.url("a")]), folder.path().join("table.bin.part"));
    fs::write(&part, &content).expect("writable");
    assert_eq!(transferred(&bring(&file, &folder, &options()).expect("there")), 0);
    for wrong in [vec![0; 1000], vec![0; 400], vec![0; 3000]] {
        fs::remove_file(file_in(&folder)).expect("removable");
        fs::write(&part, wrong).expect("writable");
        bring(&file, &folder, &options()).expect("downloaded");
        assert_eq!(fs::read(file_in(&folder)).expect("there"), content);
    }
}

#[test]
fn a_part_that_another_process_writes_is_left_alone() {
    let (folder, server) = (folder(), Server::new(|_, _| Reply::status(404)));
    let part = fs::File::create(folder.path().join("table.bin.part")).expect("writable");
    part.lock().expect("a lock");
    let error = bring(&unknown(&[server.url("a")]), &folder, &options()).expect_err("busy").to_string();
    assert!(error.contains("table.bin.part is being downloaded or unpacked by another process"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn faulty_descriptions_are_refused_before_anything_is_written() {
    let folder = folder();
    let file = RemoteFile { path: "../table.bin".into(), ..unknown(&["http://127.0.0.1:1/a".into()]) };
    let error = bring(&file, &folder, &options()).expect_err("outside").to_string();
    assert!(error.contains("leaves its folder") && !Path::new("../table.bin").exists(), "{error}");
}
