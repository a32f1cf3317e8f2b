// A peer: franz-go with a lane per contact, one request per command.
//
// It keeps order per contact and is at least once: it commits, once a second, what is done
// without a gap.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	frame       = 5
	idKey       = "segment_id"
	source      = "cordial-streams"
	openEvents  = 16000
	connections = 100
	margin      = 0.97 // of the rate: windows of the limit and of the pace do not begin at once
)

type (
	object  = map[string]any
	request struct {
		path string
		body any
	}
)

// done follows one partition: floor is what may be committed.
type done struct {
	floor  int64
	beyond map[int64]bool
}

func (d *done) add(offset int64) {
	d.beyond[offset] = true
	for d.beyond[d.floor] {
		delete(d.beyond, d.floor)
		d.floor++
	}
}

type peer struct {
	url    string
	rate   float64
	schema avro.Schema
	client *http.Client

	mutex sync.Mutex
	lanes map[string][]*kgo.Record
	done  map[int32]*done
	open  chan struct{}

	pacing sync.Mutex
	next   map[string]time.Time
}

func (p *peer) take(record *kgo.Record) {
	p.open <- struct{}{}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.done[record.Partition] == nil {
		p.done[record.Partition] = &done{record.Offset, map[int64]bool{}}
	}
	key := string(record.Key)
	lane, walking := p.lanes[key]
	p.lanes[key] = append(lane, record)
	if !walking {
		go p.walk(key)
	}
}

func (p *peer) walk(key string) {
	for {
		p.mutex.Lock()
		if len(p.lanes[key]) == 0 {
			delete(p.lanes, key)
			p.mutex.Unlock()
			return
		}
		record := p.lanes[key][0]
		p.lanes[key] = p.lanes[key][1:]
		p.mutex.Unlock()
		var event object
		if err := avro.Unmarshal(p.schema, record.Value[frame:], &event); err != nil {
			panic(err)
		}
		for _, one := range requests(event) {
			body, err := json.Marshal(one.body)
			if err != nil {
				panic(err)
			}
			p.send(one.path, body)
		}
		p.mutex.Lock()
		p.done[record.Partition].add(record.Offset)
		p.mutex.Unlock()
		<-p.open
	}
}

func (p *peer) send(path string, body []byte) {
	for {
		p.pace(path)
		asked, err := http.NewRequest("POST", p.url+path, bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		asked.Header.Set("x-api-key", "bench")
		asked.Header.Set("content-type", "application/json")
		answer, err := p.client.Do(asked)
		if err != nil {
			panic(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode == 202 {
			return
		}
		seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if err != nil {
			seconds = 1
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}

func (p *peer) pace(path string) {
	if p.rate == 0 {
		return
	}
	p.pacing.Lock()
	at := time.Now()
	if next := p.next[path]; next.After(at) {
		at = next
	}
	p.next[path] = at.Add(time.Duration(float64(time.Second) / (p.rate * margin)))
	p.pacing.Unlock()
	time.Sleep(time.Until(at))
}

func (p *peer) commit(client *kgo.Client, topic string) {
	told := map[int32]int64{}
	for range time.Tick(time.Second) {
		offsets := map[string]map[int32]kgo.EpochOffset{topic: {}}
		p.mutex.Lock()
		for partition, one := range p.done {
			if told[partition] != one.floor {
				offsets[topic][partition] = kgo.EpochOffset{Epoch: -1, Offset: one.floor}
				told[partition] = one.floor
			}
		}
		p.mutex.Unlock()
		if len(offsets[topic]) > 0 {
			client.CommitOffsetsSync(context.Background(), offsets, nil)
		}
	}
}

func requests(event object) []request {
	ids := object{idKey: event["userId"]}
	priority := []string{idKey}
	kind := event["type"].(string)
	switch kind {
	case "identify":
		return []request{{"/api/upsertContact", object{
			"source": source, "identifiers": ids, "identifiersPriority": priority,
			"attributes": plain(event["traits"]),
		}}}
	case "group":
		return []request{{"/api/addContactsToList", object{
			"source": source, "listName": plain(event["traits"]).(object)["name"],
			"isAllowedToCreateLists": true,
			"contacts":               object{"identifiers": []any{ids}, "identifiersPriority": priority},
		}}}
	}
	properties := plain(event["properties"]).(object)
	name, _ := event["event"].(string)
	if kind == "page" {
		name = "pageView"
	}
	at := iso(event["timestamp"])
	who := object{"identifiers": ids, "identifiersPriority": priority}
	var made []request
	switch name {
	case "Product Added", "Product Removed":
		path := "/api/addProductsToCart"
		if name == "Product Removed" {
			path = "/api/removeProductsFromCart"
		}
		one := item(properties)
		one["properties"].(object)["n"] = properties["n"]
		made = append(made, request{path, object{
			"source": source, "contact": who, "items": []any{one},
		}})
	case "Order Completed":
		items := []any{}
		for _, line := range properties["products"].([]any) {
			items = append(items, item(line.(object)))
		}
		made = append(made, request{"/api/upsertOrder", object{
			"source": source, "contact": who, "orderID": properties["order_id"],
			"purchaseDate": at, "status": name, "totalAmount": properties["total"],
			"tax": properties["tax"], "items": items,
			"properties": object{
				"tax": properties["tax"], "currency": properties["currency"], "n": properties["n"],
			},
			"removeItemsFromCart": true,
		}})
	}
	return append(made, request{"/api/createContactactivities", object{
		"source": source,
		"contact": object{
			"identifiers": ids, "identifiersPriority": priority, "canBeCreated": true,
		},
		"contactActivities": []any{object{"name": name, "time": at, "properties": properties}},
	}})
}

func item(line object) object {
	return object{
		"productID": line["product_id"], "sku": line["sku"], "name": line["name"],
		"category": line["category"], "manufacturerName": line["brand"],
		"itemPrice": line["price"], "qty": line["quantity"],
		"properties": object{"brand": line["brand"]},
	}
}

// plain takes the wrapping off that Avro's unions and records leave.
func plain(value any) any {
	switch said := value.(type) {
	case object:
		for _, key := range []string{"cordial.streams.Object", "array", "string", "long", "double", "boolean"} {
			if inner, found := said[key]; found && len(said) == 1 {
				return plain(inner)
			}
		}
		if fields, found := said["fields"]; found && len(said) == 1 {
			flat := object{}
			for key, one := range fields.(object) {
				flat[key] = plain(one)
			}
			return flat
		}
		return said
	case []any:
		flat := make([]any, len(said))
		for i, one := range said {
			flat[i] = plain(one)
		}
		return flat
	}
	return value
}

func iso(value any) string {
	switch at := value.(type) {
	case time.Time:
		return at.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	case int64:
		return time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z07:00")
	}
	return fmt.Sprint(value)
}

func main() {
	schemaFile := flag.String("schema", "", "")
	bootstrap := flag.String("bootstrap", "", "")
	topic := flag.String("topic", "", "")
	url := flag.String("url", "", "")
	group := flag.String("group", "", "")
	rate := flag.Float64("rate", 0, "requests a second of each path; 0: no limit")
	flag.Parse()
	text, err := os.ReadFile(*schemaFile)
	if err != nil {
		panic(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(*bootstrap), kgo.ConsumerGroup(*group), kgo.ConsumeTopics(*topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		panic(err)
	}
	one := &peer{
		url: *url, rate: *rate, schema: avro.MustParse(string(text)),
		client: &http.Client{Transport: &http.Transport{
			MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections,
		}},
		lanes: map[string][]*kgo.Record{}, done: map[int32]*done{},
		open: make(chan struct{}, openEvents), next: map[string]time.Time{},
	}
	go one.commit(client, *topic)
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	for asked.Err() == nil {
		client.PollFetches(asked).EachRecord(one.take)
	}
}
