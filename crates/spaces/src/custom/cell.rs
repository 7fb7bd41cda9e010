/// A cell, or the chain, in the form that everything is computed from. Operations are numbers of the whole space.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) name: String,
    pub(super) inputs: usize,
    pub(super) on_edges: bool,
    /// A chain is a cell with operations on nodes in a row; only its text and its graph differ.
    pub(super) chain: bool,
    /// How every node behind the inputs is decided; the last is the output.
    pub(super) targets: Vec<Target>,
    pub(super) max_edges: Option<usize>,
    /// Whether choices can leave a node unread or without sources, which no architecture may.
    pub(super) must_connect: bool,
}

/// How one node is decided: first its sources, then its operations.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) sources: Sources,
    /// What the node can be, or each edge into it by the place of its source: one list for all of them, or one for each. Empty where
    /// there is nothing to choose.
    pub(super) operations: Vec<Vec<usize>>,
}

/// Where a node reads from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sources {
    /// Always these.
    Fixed(Vec<usize>),
    /// One of these sets.
    Choice(Vec<Vec<usize>>),
    /// Any of the first so many nodes.
    Free(usize),
    /// All nodes between inputs and output.
    All,
    /// The nodes between that nothing reads.
    LooseEnds,
}

/// A node behind the inputs, as an architecture decides it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Sources in ascending order, each with the operation on its edge.
    pub(super) sources: Vec<(usize, Option<usize>)>,
    pub(super) operation: Option<usize>,
}

impl Cell {
    /// Number of all nodes.
    pub(super) fn nodes(&self) -> usize {
        self.inputs + self.targets.len()
    }

    /// Numbers of the options of every decision, node by node.
    pub(super) fn options(&self) -> Vec<usize> {
        self.targets.iter().flat_map(|target| target.options(self.on_edges)).collect()
    }

    /// Whether all operations are chosen from one list.
    pub(super) fn has_one_list(&self) -> bool {
        let mut lists = self.targets.iter().flat_map(|target| &target.operations);
        lists.next().is_none_or(|first| lists.all(|list| list == first))
    }

    /// Whether every architecture has the same edges.
    pub(super) fn is_wired(&self) -> bool {
        !self.targets.iter().any(|target| matches!(target.sources, Sources::Choice(_) | Sources::Free(_)))
    }

    /// The operations to choose from, one list for every decision about one; none if the wiring is searched on edges.
    pub(super) fn slots(&self) -> Vec<&[usize]> {
        let slots = |target: &Target| match &target.sources {
            _ if target.operations.is_empty() => 0,
            Sources::Fixed(sources) if self.on_edges => sources.len(),
            Sources::Choice(sets) if self.on_edges => sets.first().map_or(0, Vec::len),
            _ => 1,
        };
        self.targets.iter().flat_map(|target| (0..slots(target)).map(|place| target.list(place))).collect()
    }

    /// The nodes behind the inputs that these decisions stand for.
    pub(super) fn nodes_of(&self, decisions: &[u8]) -> Vec<Node> {
        let mut decisions = decisions.iter().map(|&decision| usize::from(decision));
        let mut nodes: Vec<Node> =
            self.targets.iter().map(|target| target.node(&mut || decisions.next().unwrap_or(0), self.on_edges)).collect();
        if let Some(derived) = self.derived_sources(&nodes) {
            nodes[self.targets.len() - 1].sources = derived;
        }
        nodes
    }

    /// What the output reads, if no decision says it.
    fn derived_sources(&self, nodes: &[Node]) -> Option<Vec<(usize, Option<usize>)>> {
        let mut between = self.inputs..self.nodes() - 1;
        match self.targets.last()?.sources {
            Sources::All => Some(between.map(|node| (node, None)).collect()),
            Sources::LooseEnds => {
                let read = reads(nodes, self.nodes());
                Some(between.by_ref().filter(|&node| !read[node]).map(|node| (node, None)).collect())
            }
            _ => None,
        }
    }

    /// The first node that reads nothing, or is no output and read by nothing, in words.
    pub(super) fn loose(&self, nodes: &[Node]) -> Option<String> {
        let read = reads(nodes, self.nodes());
        let loose = |(index, node): (usize, &Node)| {
            let number = self.inputs + index;
            match node.sources.is_empty() {
                true => Some(format!("node {number} reads nothing")),
                false => (index + 1 < nodes.len() && !read[number]).then(|| format!("node {number} is read by nothing")),
            }
        };
        nodes.iter().enumerate().find_map(loose)
    }
}

/// Which nodes are read by another.
fn reads(nodes: &[Node], count: usize) -> Vec<bool> {
    let mut read = vec![false; count];
    nodes.iter().flat_map(|node| &node.sources).for_each(|&(source, _)| read[source] = true);
    read
}

impl Target {
    /// The operations to choose from for the node, or for the edge whose source has this place among all that can be sources.
    pub(super) fn list(&self, place: usize) -> &[usize] {
        self.operations.get(place).or(self.operations.last()).map_or(&[], Vec::as_slice)
    }

    /// The operations to choose from for the edge from this node.
    pub(super) fn list_from(&self, source: usize) -> &[usize] {
        match &self.sources {
            Sources::Fixed(sources) => self.list(sources.iter().position(|&known| known == source).unwrap_or(0)),
            Sources::Free(_) => self.list(source),
            _ => self.list(0),
        }
    }

    /// Whether the sources follow from those of the other nodes.
    pub(super) fn is_derived(&self) -> bool {
        matches!(self.sources, Sources::All | Sources::LooseEnds)
    }

    fn options(&self, on_edges: bool) -> Vec<usize> {
        let chosen = |count: usize| {
            let count = if self.operations.is_empty() { 0 } else { count };
            (0..count).map(|place| self.list(place).len())
        };
        match &self.sources {
            Sources::Fixed(sources) => chosen(if on_edges { sources.len() } else { 1 }).collect(),
            Sources::Choice(sets) => {
                let edges = sets.first().map_or(0, Vec::len);
                std::iter::once(sets.len()).chain(chosen(if on_edges { edges } else { 1 })).collect()
            }
            // Edges with operations: none, or one of the operations.
            Sources::Free(count) if on_edges => chosen(*count).map(|options| 1 + options).collect(),
            Sources::Free(count) => std::iter::repeat_n(2, *count).chain(chosen(1)).collect(),
            Sources::All | Sources::LooseEnds => Vec::new(),
        }
    }

    fn node(&self, next: &mut impl FnMut() -> usize, on_edges: bool) -> Node {
        let sources: &[usize] = match &self.sources {
            Sources::Fixed(sources) => sources,
            Sources::Choice(sets) => &sets[next()],
            Sources::Free(count) => return self.free_node(*count, next, on_edges),
            Sources::All | Sources::LooseEnds => return Node::default(),
        };
        let mut sources: Vec<_> = sources.iter().map(|&source| (source, None)).collect();
        if on_edges {
            sources.iter_mut().enumerate().for_each(|(place, source)| source.1 = Some(self.list(place)[next()]));
        }
        Node { sources, operation: self.node_operation(next, on_edges) }
    }

    fn free_node(&self, count: usize, next: &mut impl FnMut() -> usize, on_edges: bool) -> Node {
        let mut sources = Vec::new();
        for source in 0..count {
            match next() {
                0 => {}
                chosen => sources.push((source, on_edges.then(|| self.list(source)[chosen - 1]))),
            }
        }
        Node { sources, operation: self.node_operation(next, on_edges) }
    }

    fn node_operation(&self, next: &mut impl FnMut() -> usize, on_edges: bool) -> Option<usize> {
        (!on_edges && !self.operations.is_empty()).then(|| self.list(0)[next()])
    }

    /// The decisions that stand for this node; `None` if no decisions do.
    pub(super) fn decisions(&self, node: &Node, on_edges: bool) -> Option<Vec<u8>> {
        let number = |place: usize, operation: Option<usize>| self.list(place).iter().position(|&known| Some(known) == operation);
        let sources = || node.sources.iter().map(|source| source.0);
        let mut decisions = Vec::new();
        match &self.sources {
            Sources::Fixed(fixed) => sources().eq(fixed.iter().copied()).then_some(())?,
            Sources::Choice(sets) => decisions.push(sets.iter().position(|set| sources().eq(set.iter().copied()))?),
            Sources::Free(count) => {
                sources().all(|source| source < *count).then_some(())?;
                let mut edges = vec![0; *count];
                for &(source, operation) in &node.sources {
                    edges[source] = 1 + if on_edges { number(source, operation)? } else { 0 };
                }
                decisions.extend(edges);
            }
            Sources::All | Sources::LooseEnds => return Some(Vec::new()),
        }
        if on_edges && !matches!(self.sources, Sources::Free(_)) {
            for (place, &(_, operation)) in node.sources.iter().enumerate() {
                decisions.push(number(place, operation)?);
            }
        }
        if !on_edges && !self.operations.is_empty() {
            decisions.push(number(0, node.operation)?);
        }
        decisions.into_iter().map(|decision| u8::try_from(decision).ok()).collect()
    }
}
