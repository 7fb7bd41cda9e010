use super::cell::Cell;
use md5::{Digest, Md5};

impl Cell {
    /// `hash_module` of the benchmark's `graph_util.py`: Weisfeiler-Lehman rounds, as many as there are vertices, over MD5 sums
    /// in hexadecimal, of texts as Python writes them.
    pub(super) fn official_hash(&self) -> String {
        let mut hashes: Vec<String> = (0..self.vertices).map(|vertex| self.degree_hash(vertex)).collect();
        for _ in 0..self.vertices {
            hashes = (0..self.vertices).map(|vertex| self.refined_hash(&hashes, vertex)).collect();
        }
        hashes.sort_unstable();
        let quoted: Vec<String> = hashes.iter().map(|hash| format!("'{hash}'")).collect();
        md5(&format!("[{}]", quoted.join(", ")))
    }

    /// Hash of `(edges out, edges in, label)`.
    fn degree_hash(&self, vertex: usize) -> String {
        let degree = |end: fn((usize, usize)) -> usize| self.edges.pairs().filter(|&edge| end(edge) == vertex).count();
        md5(&format!("({}, {}, {})", degree(|edge| edge.0), degree(|edge| edge.1), self.label(vertex)))
    }

    /// Hash of the hashes of the vertices before, of those behind, and of the vertex itself.
    fn refined_hash(&self, hashes: &[String], vertex: usize) -> String {
        let sources = (0..vertex).filter(|&from| self.edges.contains(from, vertex));
        let targets = (vertex..self.vertices).filter(|&to| self.edges.contains(vertex, to));
        md5(&format!("{}|{}|{}", joined(hashes, sources), joined(hashes, targets), hashes[vertex]))
    }

    /// −1 for the input, −2 for the output, else the number of the operation.
    fn label(&self, vertex: usize) -> i8 {
        match vertex {
            0 => -1,
            vertex if vertex == self.output() => -2,
            vertex => self.operation(vertex) as i8,
        }
    }
}

fn joined(hashes: &[String], vertices: impl Iterator<Item = usize>) -> String {
    let mut chosen: Vec<&str> = vertices.map(|vertex| hashes[vertex].as_str()).collect();
    chosen.sort_unstable();
    chosen.concat()
}

fn md5(text: &str) -> String {
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
