# Reads stack-edges, a linker map and GCC's call graphs; see scripts/stack. A node is "file:function" for a
# static function, "function" for any other, as GCC names them.

function fail(text) {
    print "stack: " text > "/dev/stderr"
    failed = 1
    exit 1
}

function bare(node) {
    sub(/.*:/, "", node)
    sub(/\..*/, "", node)
    return node
}

# A section that is linked: "src/spdm/psk.c" of "DIR/spdm-psk.o", and the function's name in it.
function link_section(name, object) {
    sub(/.*\//, "", object)
    sub(/\.o$/, ".c", object)
    gsub(/-/, "/", object)
    linked["src/" object ":" name] = 1
    linked_name[name] = 1
}

FNR == 1 { file++ }

# ---- stack-edges
file == 1 && /^[^#]/ {
    for (i = 2; i <= NF; i++)
        pattern[$1] = pattern[$1] (pattern[$1] ? "|" : "") $i
}

# ---- the map: a section's address follows its name, on the same line or the next
file == 2 && /^ \.text\.[^ ]+$/ { section = substr($1, 7); next }
file == 2 && /^ \.text\.[^ ]+ +0x/ { if ($2 !~ /^0x0+$/) link_section(substr($1, 7), $4) }
file == 2 && section && /^ +0x/ { if ($1 !~ /^0x0+$/) link_section(section, $3) }
file == 2 { section = "" }

# ---- the graphs
file > 2 && /^node:/ && /bytes \(/ {
    split($0, quoted, "\"")
    node = quoted[2]
    if (node ~ /:/ ? linked[node] : linked_name[node]) {
        label = quoted[4]
        if (label !~ /\(static\)/)
            fail(node " has a frame of no fixed size")
        sub(/ bytes .*/, "", label)
        sub(/.*\\n/, "", label)
        frame[node] = label + 0
    }
}
file > 2 && /^edge:/ {
    split($0, quoted, "\"")
    from[++n] = quoted[2]
    to[n] = quoted[4]
}

function add(a, b) {
    if (!((a, b) in edge)) {
        edge[a, b] = 1
        calls[a] = calls[a] SUBSEP b
        called[b] = 1
    }
}

# Frames from this node down; fills next_of.
function depth(node,    list, count, i, best, d) {
    if (node in total)
        return total[node]
    if (node in active)
        fail("recursion: " path " " node)
    active[node] = 1
    path = path " " node
    count = split(calls[node], list, SUBSEP)
    best = 0
    for (i = 2; i <= count; i++) {
        d = depth(list[i])
        if (d > best) {
            best = d
            next_of[node] = list[i]
        }
    }
    delete active[node]
    total[node] = best + frame[node]
    return total[node]
}

END {
    if (failed)
        exit 1
    for (i = 1; i <= n; i++) {
        if ((from[i] in frame) && to[i] == "__indirect_call")
            indirect[from[i]] = 1
        if ((from[i] in frame) && (to[i] in frame))
            add(from[i], to[i])
    }
    for (a in indirect) {
        if (!(bare(a) in pattern))
            continue
        for (b in frame)
            if (b != a && bare(b) ~ "^(" pattern[bare(a)] ")$" && b ~ /:|camseal/)
                add(a, b)
    }
    dispatchers = split(dispatcher, by, ",")
    for (i = 1; i <= dispatchers; i++)
        if (!(by[i] in frame))
            fail(by[i] " is not linked")
    count = split(entries, entry, " ")
    for (i = 1; i <= count; i++)
        called[entry[i]] = 1
    for (a in frame)
        if (!(a in called) && a !~ /^image/)
            loose[a] = 1
    for (a in loose)
        for (i = 1; i <= dispatchers; i++)
            add(by[i], a)
    for (i = 1; i <= count; i++) {
        if (!(entry[i] in frame))
            fail(entry[i] " is not linked")
        printf "%s %d\n", entry[i], depth(entry[i])
        for (a = entry[i]; a; a = next_of[a])
            printf "  %5d  %s\n", frame[a], a
    }
}
