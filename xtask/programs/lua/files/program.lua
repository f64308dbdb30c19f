-- What people do with Lua, but for catching errors and coroutines, for which
-- this build has no means.

print(_VERSION, #arg, arg[1], arg[2], os.getenv("GREETING"), os.getenv("NOBODY"))

-- Text
local text = "The quick brown fox jumps over the lazy dog"
local counts = {}
for letter in text:lower():gmatch("%a") do counts[letter] = (counts[letter] or 0) + 1 end
local letters = {}
for letter in pairs(counts) do letters[#letters + 1] = letter end
table.sort(letters, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)
print(table.concat(letters), counts.o)
print(text:gsub("(%w+) (%w+)", "%2 %1"))
print(("%5.2f|%-6s|%06d|%x|%q"):format(math.pi, "ab", 42, 255, 'say "x"\n'))
print(utf8.len("größer"), utf8.codepoint("ß"), ("x"):rep(3, "-"), #string.pack("<i4d", 7, 1.5))

-- Numbers
print(7 // 2, -7 // 2, 7 % -3, 7 / 2, 2 ^ 0.5, 1 << 62, math.maxinteger + 1 == math.mininteger)
print(math.floor(-3.5), math.tointeger(3.0), 0x7fffffffffffffff, 1e15, 1e100, 0/0 ~= 0/0, -1/0)
print(string.format("%.14g %a", 0.1 + 0.2, 1/3))

-- Primes, a closure, metatables, varargs, goto
local function sieve(limit)
  local composite, found = {}, 0
  for n = 2, limit do
    if not composite[n] then
      found = found + 1
      for multiple = n * n, limit, n do composite[multiple] = true end
    end
  end
  return found
end
print("primes below 200000:", sieve(200000))

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ a[1] + b[1], a[2] + b[2] }, Vector) end
Vector.__eq = function(a, b) return a[1] == b[1] and a[2] == b[2] end
Vector.__tostring = function(v) return ("(%g, %g)"):format(v[1], v[2]) end
Vector.__call = function(v, factor) return setmetatable({ v[1] * factor, v[2] * factor }, Vector) end
local v = setmetatable({ 1, 2 }, Vector)
print(tostring(v + v), (v + v) == v(2), select("#", table.unpack({ 1, nil, 3 }, 1, 3)))

local function fibonacci(n) return n < 2 and n or fibonacci(n - 1) + fibonacci(n - 2) end
print("fibonacci(24):", fibonacci(24))

local function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end
print("ackermann(2, 300):", ackermann(2, 300))

-- Garbage, weak tables, finalizers
local finalized = 0
for _ = 1, 1000 do setmetatable({}, { __gc = function() finalized = finalized + 1 end }) end
local weak = setmetatable({}, { __mode = "v" })
for index = 1, 1000 do weak[index] = { index } end
collectgarbage()
collectgarbage()
local alive = 0
for _ in pairs(weak) do alive = alive + 1 end
print("finalized:", finalized, "alive:", alive, collectgarbage("count") < 2000)

-- Code as text
print(load("local a, b = ... ; return a * b, _VERSION")(6, 7))

-- Files
local path = arg[0]:gsub("[^/]*$", "") .. "lines.txt"
local file <close> = assert(io.open(path, "w"))
for n = 1, 1000 do file:write("line ", n, "\n") end
file:close()
local total = 0
for line in io.lines(path) do total = total + #line end
local again = io.open(path, "r+b")
again:seek("end", -5)
print("tail:", again:read("a"), "total:", total, "size:", again:seek("end"))
again:close()
os.rename(path, path .. ".renamed")
print(io.open(path))
print(os.remove(path .. ".renamed"))

print("stdin:", io.read("n", "n", "l", "L"))
print(os.time({ year = 2026, month = 11, day = 22, hour = 12 }), os.date("!%Y-%m-%d %H:%M:%S", 0))
print(os.time() > 1600000000)
io.stderr:write("to the error stream\n")
os.exit(5)
