"""createContactactivities: something the contact did; it may trigger a campaign."""

from streams.actions.declaration import Action
from streams.core.joining import Join

CREATE_CONTACTACTIVITIES = Action(
    name="createContactactivities",
    title="Create Contactactivity",
    rank="activity",
    identity="contact",
    trigger='type = "track" or type = "page"',
    mapping={
        "contactActivities": {
            "fn": "one",
            "of": {
                "name": {"fn": "activity_name", "of": "event"},
                "time": {"fn": "iso_date", "of": "timestamp"},
                "properties": {"fn": "properties", "of": "activity_properties"},
                "device": {
                    "type": {"fn": "text", "of": "context.device.type"},
                    "device": {"fn": "text", "of": "context.device.model"},
                    "platform": {"fn": "text", "of": "context.os.name"},
                    "ip": {"fn": "text", "of": "context.ip"},
                },
                "geo": {
                    "city": {"fn": "text", "of": "context.location.city"},
                    "country": {"fn": "text", "of": "context.location.country"},
                    "geoLoc": {
                        "fn": "properties",
                        "of": {
                            "lat": "context.location.latitude",
                            "lon": "context.location.longitude",
                        },
                    },
                },
            },
        }
    },
    required=(("contact.identifiers", "object"), ("contactActivities", "list")),
    item_list="contactActivities",
    item_required=(("name", "text"), ("time", "text")),
    optional=(("contact.attributes", "object"),),
    item_optional=(("device", "object"), ("geo", "object")),
    sources={"name": "event"},
    join=Join(("contactActivities",)),
)
