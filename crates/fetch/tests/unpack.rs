//! Archives that are downloaded from a server on this machine and unpacked, good and bad ones.

mod server;

use bonas_core::{Interrupt, Progress, Silent};
use bonas_fetch::{Contents, FetchError, FetchOptions, Member, RemoteFile, Unpacked, fetch, is_unpacked, unpack};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use server::{Reply, Server};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

const ARCHIVE: &str = "images.tar.gz";

/// An archive of entries: kind, path, content (of a link: where it leads).
fn archive(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for &(kind, path, content) in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
        header.set_size(if is_link { 0 } else { content.len() as u64 });
        // Past the checks of the library, which writes no bad paths.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        if is_link {
            header.as_old_mut().linkname[..content.len()].copy_from_slice(content);
        }
        header.set_cksum();
        builder.append(&header, if is_link { &[] } else { content }).expect("written");
    }
    builder.into_inner().expect("ended").finish().expect("ended")
}

fn file(path: &'static str, content: &'static [u8]) -> (EntryType, &'static str, &'static [u8]) {
    (EntryType::Regular, path, content)
}

/// What a good archive has.
fn good() -> Vec<(EntryType, &'static str, &'static [u8])> {
    vec![
        (EntryType::Directory, "top/", b""),
        file("top/readme.html", b"not wanted"),
        file("top/train.bin", b"training images"),
        file("./top/sub/test.bin", b"test images"),
    ]
}

fn described(urls: &[String]) -> RemoteFile {
    let member = |path: &str, bytes| Member { path: path.into(), bytes };
    let members = vec![member("train.bin", 15), member("sub/test.bin", 11)];
    let unpack = Some(Contents { into: "images".into(), from: Some("top".into()), members });
    RemoteFile { path: ARCHIVE.into(), urls: urls.to_vec(), page: None, bytes: None, sha256: None, md5: None, unpack }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn take_out(folder: &Path, force: bool) -> Result<Unpacked, FetchError> {
    unpack(&described(&["http://127.0.0.1:1/a".into()]), folder, force, &Silent, &Interrupt::default())
        .map(|unpacked| unpacked.expect("the manifest asks for it"))
}

/// The message of a refusal, after which nothing but the archive lies in the folder.
fn refusal(content: &[u8]) -> String {
    let folder = folder();
    fs::write(folder.path().join(ARCHIVE), content).expect("writable");
    let error = take_out(folder.path(), false).expect_err("refused").to_string();
    let names: Vec<_> = fs::read_dir(folder.path()).expect("there").map(|entry| entry.expect("there").file_name()).collect();
    assert_eq!(names, [ARCHIVE], "{error}");
    for part in [&folder.path().join(ARCHIVE).display().to_string(), "cannot be unpacked", "bring it again"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
    error
}

fn assert_unpacked(folder: &Path) {
    assert_eq!(fs::read(folder.join("images/train.bin")).expect("there"), b"training images");
    assert_eq!(fs::read(folder.join("images/sub/test.bin")).expect("there"), b"test images");
}

#[test]
fn an_archive_is_downloaded_and_its_members_are_unpacked() {
    let folder = folder();
    let server = Server::new(|request, _| Reply::file(request, &archive(&good()), "\"first\""));
    let mut file = described(&[server.url("a")]);
    file.path = "below/images.tar.gz".into();
    let options = FetchOptions { environment_proxies: false, ..FetchOptions::default() };
    let fetched = fetch(&file, folder.path(), &options, &Silent, &Interrupt::default()).expect("downloaded");
    assert!(!is_unpacked(&file, folder.path()));
    // What a killed process left there.
    fs::create_dir_all(folder.path().join("below/images.part/sub")).expect("made");
    fs::write(folder.path().join("below/images.part/train.bin"), "half").expect("written");
    let unpacked = unpack(&file, folder.path(), false, &Silent, &Interrupt::default()).expect("unpacked").expect("asked for");
    assert_eq!((unpacked.files, unpacked.bytes, unpacked.kept), (2, 26, false));
    assert!(unpacked.to_string().ends_with("images: 2 files, 26 bytes, unpacked"), "{unpacked}");
    assert_unpacked(&folder.path().join("below"));
    assert!(is_unpacked(&file, folder.path()) && !folder.path().join("below/images.part").exists());
    assert!(!folder.path().join("below/images/readme.html").exists(), "not in the manifest");
    fs::remove_file(fetched.path).expect("removable");
    let again = unpack(&file, folder.path(), false, &Silent, &Interrupt::default()).expect("there").expect("asked for");
    assert!(again.kept, "needs no archive");
}

#[test]
fn links_special_files_and_paths_that_leave_the_folder_are_refused() {
    let with = |entry| archive(&[good(), vec![entry]].concat());
    let target = |path: &str| if path == "top/l" { &b"/etc/passwd"[..] } else { b"" };
    for (kind, path) in
        [(EntryType::Symlink, "top/l"), (EntryType::Link, "top/l"), (EntryType::Fifo, "f"), (EntryType::Char, "c")]
    {
        let error = refusal(&with((kind, path, target(path))));
        assert!(error.contains(&format!("'{path}' is a link or a special file")), "{error}");
    }
    for path in ["../evil", "/evil", "top/../../evil", "top\\evil"] {
        let error = refusal(&with(file(path, b"evil")));
        assert!(error.contains(&format!("'{path}' would leave the folder")), "{error}");
    }
}

#[test]
fn what_the_manifest_does_not_say_is_refused() {
    let without = |place| {
        let mut entries = good();
        entries.remove(place);
        entries
    };
    let with = |place, entry| {
        let mut entries = without(place);
        entries.push(entry);
        archive(&entries)
    };
    assert!(refusal(&archive(&without(2))).contains("it has no 'top/train.bin'"));
    let error = refusal(&with(2, file("top/train.bin", b"training imagess")));
    assert!(error.contains("'top/train.bin' has 16 bytes in it, the manifest says 15"), "{error}");
    let error = refusal(&with(2, (EntryType::Directory, "top/train.bin/", b"")));
    assert!(error.contains("'top/train.bin' has 0 bytes"), "{error}");
    let error = refusal(&with(1, file("top/train.bin", b"training images")));
    assert!(error.contains("it has 'top/train.bin' twice"), "{error}");
}

#[test]
fn a_small_archive_that_holds_too_much_is_refused() {
    let zeros: &'static [u8] = vec![0; 70 << 20].leak();
    let content = archive(&[vec![file("top/zeros", zeros)], good()].concat());
    assert!(content.len() < 1 << 20);
    let error = refusal(&content);
    assert!(error.contains("it holds more than 67108890 bytes"), "{error}");
}

#[test]
fn damaged_archives_are_refused_wherever_they_are_cut_or_changed() {
    let whole = archive(&good());
    for end in 0..whole.len() {
        refusal(&whole[..end]);
    }
    let unzipped = |zipped: &[u8]| {
        let mut bytes = Vec::new();
        GzDecoder::new(zipped).read_to_end(&mut bytes).expect("sound");
        bytes
    };
    for place in 0..whole.len() {
        let (folder, mut changed) = (folder(), whole.clone());
        changed[place] ^= 0x10;
        fs::write(folder.path().join(ARCHIVE), &changed).expect("writable");
        match take_out(folder.path(), false) {
            Ok(_) => {
                assert_unpacked(folder.path());
                assert_eq!(unzipped(&changed), unzipped(&whole), "a change at {place} was not noticed");
            }
            Err(FetchError::Archive { .. }) => assert!(!folder.path().join("images").exists()),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refusal(b"<html>not found</html>").contains("invalid gzip header"));
}

#[test]
fn what_is_there_is_kept_completed_or_replaced_by_force() {
    let folder = folder();
    let images = folder.path().join("images");
    fs::create_dir(&images).expect("made");
    fs::write(images.join("notes.txt"), "mine").expect("written");
    fs::write(images.join("train.bin"), "mine, too").expect("written");
    fs::write(folder.path().join(ARCHIVE), archive(&good())).expect("written");
    let error = take_out(folder.path(), false).expect_err("another").to_string();
    assert!(error.contains("train.bin is there already") && error.contains("its size is 9 bytes"), "{error}");
    assert_eq!(fs::read(images.join("train.bin")).expect("there"), b"mine, too");
    assert!(!take_out(folder.path(), true).expect("replaced").kept);
    assert_unpacked(folder.path());
    fs::remove_file(images.join("sub/test.bin")).expect("removable");
    assert!(!take_out(folder.path(), false).expect("completed").kept);
    assert_unpacked(folder.path());
    assert_eq!(fs::read(images.join("notes.txt")).expect("there"), b"mine");
    assert!(!folder.path().join("images.part").exists());
}

#[test]
fn an_interrupt_leaves_nothing_but_the_archive() {
    struct StopAtOnce<'a>(&'a Interrupt);
    impl Progress for StopAtOnce<'_> {
        fn begin(&self, _phase: &str, _steps: u64) {}
        fn advance(&self, _steps: u64, _message: &str) {
            self.0.request();
        }
    }
    let (folder, interrupt) = (folder(), Interrupt::default());
    fs::write(folder.path().join(ARCHIVE), archive(&good())).expect("written");
    let file = described(&["http://127.0.0.1:1/a".into()]);
    let error = unpack(&file, folder.path(), false, &StopAtOnce(&interrupt), &interrupt).expect_err("stopped").to_string();
    assert!(error.contains("interrupted: nothing of") && error.contains(ARCHIVE), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
}

#[test]
fn an_archive_that_another_process_unpacks_is_left_alone() {
    let folder = folder();
    let mut other = fs::File::create(folder.path().join(ARCHIVE)).expect("writable");
    other.write_all(&archive(&good())).expect("written");
    other.lock().expect("a lock");
    let error = take_out(folder.path(), false).expect_err("busy").to_string();
    assert!(error.contains("downloaded or unpacked by another process"), "{error}");
    drop(other);
    take_out(folder.path(), false).expect("unpacked");
}

#[test]
fn a_missing_archive_and_a_blocked_folder_are_named() {
    let folder = folder();
    let error = take_out(folder.path(), false).expect_err("no archive").to_string();
    assert!(error.contains("cannot read") && error.contains(ARCHIVE), "{error}");
    fs::write(folder.path().join(ARCHIVE), archive(&good())).expect("written");
    fs::write(folder.path().join("images.part"), "a file of someone").expect("written");
    let error = take_out(folder.path(), false).expect_err("in the way").to_string();
    assert!(error.contains("cannot remove") && error.contains("images.part"), "{error}");
}
